// Many messages alike in frames: one claim of the carrier's memory, and one call for all hashes.

import type { OutgoingData, SelfId } from '../wire/data-codec.js'
import { RUN_BYTES_MAX } from '../wire/data-record.js'
import { EXTENSION } from '../wire/extension.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import { numberFrom, numberOf } from './message-number.js'

/** What a frame has beside its content, at most, for the size of a claim. */
const FRAME_ALLOWANCE_BYTES = 128

/** Fewer are as cheap one by one. */
const RUN_MESSAGES_MIN = 4

export class FrameRuns {
  readonly #state: CoreState
  readonly #self: SelfId
  readonly #pathOf: (link: Link) => Connection
  /** Of the last that was sent. */
  lastSequence = 0

  /** `pathOf`: where what goes to a link is written; who is told of its sender has been by then. */
  constructor(state: CoreState, self: SelfId, pathOf: (link: Link) => Connection) {
    this.#state = state
    this.#self = self
    this.#pathOf = pathOf
  }

  /**
   * Numbers and writes contents of one length from `from` on, where the messages before were like
   * them. Returns how many; 0 where they are to be sent one by one, which also tells why not.
   */
  send(link: Link, message: OutgoingData, contents: readonly Uint8Array[], from: number): number {
    if (link.takesRecords || !link.path.session.isDirect) return 0
    const count = countAlike(contents, from)
    const isUsual = message.flags === 0 && message.extensionKind === EXTENSION.NONE
    if (count < RUN_MESSAGES_MIN || !isUsual) return 0
    const { port } = this.#pathOf(link)
    const state = this.#state
    numberFrom(message, state.nextSequence())
    message.content = contents[from]!
    const { sealFrames } = state.ambient
    const run = { from, count }
    const { template } = this.#self
    if (template.writeRun(port.outlet, message, contents, run, sealFrames) !== 'ok') return 0
    state.skipSequences(count - 1)
    state.counters.sent += count
    this.lastSequence = numberOf(message) - 1
    return count
  }
}

function countAlike(contents: readonly Uint8Array[], from: number): number {
  const bytes = contents[from]!.length
  const fits = Math.floor(RUN_BYTES_MAX / (bytes + FRAME_ALLOWANCE_BYTES))
  const end = Math.min(contents.length, from + fits)
  let at = from
  while (at < end && contents[at]!.length === bytes) at++
  return at - from
}
