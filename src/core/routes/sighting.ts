// Below a plain parent nobody announces us: a message of ours is a sign to who can (sightings).

import { OutgoingData } from '../../wire/data-codec.js'
import { EXTENSION } from '../../wire/extension.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Post } from './life-probe.js'

const TIMER = 'sight:0'

/** How often we show ourselves; a sighting is believed for twice that (routing-table.md). */
const INTERVAL_MS = 300_000

/** A plain link has its second connection by then. */
const FIRST_MS = 1_000

/** The id that no node has: the first of our kind above takes the message. */
const NOBODY = 0xffff_ffff

export class Sighting {
  readonly #state: CoreState
  readonly #post: Post
  readonly #message = new OutgoingData()

  constructor(state: CoreState, post: Post) {
    this.#state = state
    this.#post = post
    this.#message.toHi = NOBODY
    this.#message.toLo = NOBODY
    this.#message.extensionKind = EXTENSION.SIGHTING
  }

  /** Not at once: the first message fixes the path, and the data connection is not there yet. */
  up(link: Link): void {
    const { config, deadlines, nowMs } = this.#state
    const shows = link.plain && link.role === 'parent' && config.announce
    if (shows) deadlines.set(TIMER, nowMs + FIRST_MS)
  }

  show(): void {
    const { deadlines, neighbours, nowMs } = this.#state
    const plain = [...neighbours.parents].filter((link) => link.plain)
    for (const link of plain) {
      this.#message.sequenceHi = 0
      this.#message.sequenceLo = 0
      this.#post.sendVia(link, this.#message)
    }
    if (plain.length > 0) deadlines.set(TIMER, nowMs + INTERVAL_MS)
  }

  stop(): void {
    this.#state.deadlines.clear(TIMER)
  }
}
