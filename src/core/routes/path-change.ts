// Sibling links that come and go while messages flow: marks, draining, and the end of idle ones.

import type { OutgoingData } from '../../wire/data-codec.js'
import { EXTENSION, MARK_CODE } from '../../wire/extension.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Links } from '../links.js'
import type { PathGates } from '../path-gates.js'
import type { Courier } from './courier.js'
import type { Learning } from './learning.js'
import type { Post } from './life-probe.js'
import type { RouteTable } from './route-table.js'

/** A link that was opened on demand and carried no data for so long is given up. */
export const IDLE_MS = 60_000

export interface PathChangeRooms {
  readonly state: CoreState
  readonly links: Links
  readonly table: RouteTable
  readonly learning: Learning
  readonly courier: Courier
  readonly gates: PathGates
  readonly post: Post
  readonly linkOf: (row: number) => Link | undefined
}

export class PathChange {
  readonly #rooms: PathChangeRooms
  readonly #mark: OutgoingData
  /** Links on which a mark is due, behind what their registration still has to send. */
  readonly #marksDue = new Set<Link>()
  /** Links that take over from another path once all that is behind them is known. */
  readonly #coming = new Set<Link>()
  /** Old paths on which a mark is due, since somebody is known to be behind the link at hand. */
  readonly #left = new Set<Link>()
  /** Names the changes to a link that stands; 0 is that of the link itself. */
  #changes = 0

  constructor(rooms: PathChangeRooms) {
    this.#rooms = rooms
    this.#mark = rooms.post.newMessage()
  }

  /**
   * A link between two of ours comes up: both know whether there was another path before. True
   * where that one is used until the other end has told who is behind it: one mark is the last
   * word to all of them.
   */
  coming(link: Link): boolean {
    const { gates, state } = this.#rooms
    if (link.role !== 'sibling' || link.plain || state.config.id === 0n) return false
    const old = this.wayTo(link.idHigh, link.idLow)
    // A link of the same pair that this one replaces ends at once: nothing comes by it any more.
    if (old === undefined || old.peer.id === link.peer.id) {
      this.#marksDue.add(link)
      return false
    }
    gates.shut(link, 'opening')
    this.#coming.add(link)
    return true
  }

  /** The link by which messages for an id are sent now. */
  wayTo(high: number, low: number): Link | undefined {
    const row = this.#rooms.table.best(high, low, false)
    return row < 0 ? undefined : this.#rooms.linkOf(row)
  }

  /** An id that was reached by a parent is behind a link that stands. */
  changed(old: Link, link: Link): void {
    if (old.routes === undefined) return
    // Only what came past the other end of the link can be followed by a word to it.
    if (this.#rooms.table.rowIn(old.routes.set, link.idHigh, link.idLow) >= 0) this.#left.add(old)
  }

  /**
   * Before a message goes the new way: the other end reads no further on the link until it has our
   * last word by the old path, which it cannot know of by itself.
   */
  markChanges(link: Link): void {
    const { dataAtMs } = link
    for (const old of this.#left) {
      this.#changes++
      this.#sendMark(link, link, MARK_CODE.ANNOUNCED)
      this.#sendMark(old, link, MARK_CODE.LAST_WORD)
    }
    this.#left.clear()
    // A link is not in use because somebody joins behind it.
    link.dataAtMs = dataAtMs
  }

  /** Whoever is behind the link is known: from now on messages to them go by it. */
  turn(): void {
    for (const link of this.#coming) {
      const { routes } = link
      const isHeard = routes?.subscription.state === 'live' || !link.hearsRoutes
      if (routes === undefined || !isHeard) continue
      this.#sendFirstMark(this.wayTo(link.idHigh, link.idLow) ?? link, link)
      this.#stands(link)
    }
    this.#markNew()
  }

  #stands(link: Link): void {
    if (!this.#coming.delete(link) || link.routes === undefined) return
    this.#rooms.learning.touchSet(link.routes.set)
    link.routes.set.isComing = false
  }

  /** Behind the confirmation of its registration. */
  #markNew(): void {
    for (const link of this.#marksDue) {
      if (link.routes?.subscription.state === 'none') continue
      this.#marksDue.delete(link)
      if (link.routes !== undefined) this.#sendFirstMark(link, link)
    }
  }

  #sendFirstMark(by: Link, to: Link): void {
    this.#sendMark(by, to, MARK_CODE.LAST_WORD, 0)
  }

  #sendMark(by: Link, to: Link, code: number, number = this.#changes): void {
    const message = this.#mark
    message.toHi = to.idHigh
    message.toLo = to.idLow
    message.sequenceHi = 0
    message.sequenceLo = 0
    message.extensionKind = EXTENSION.MARK
    message.extensionHi = 0
    message.extensionLo = number
    message.extensionCode = code
    this.#rooms.post.sendVia(by, message)
  }

  /** Was anything sent or heard on it since the last look? */
  idleDue(link: Link): void {
    const { courier, gates, state } = this.#rooms
    const dueMs = link.dataAtMs + IDLE_MS
    if (dueMs > state.nowMs) {
      state.deadlines.set(`idle:${link.number}`, dueMs)
      return
    }
    link.drain = 'asked'
    gates.shut(link, 'closing')
    courier.send(link, { kind: 'leave', code: 0, drains: true })
    // Who does not answer has lost the link as well.
    state.deadlines.set(`idle:${link.number}`, state.nowMs + IDLE_MS)
  }

  /** The other end would rather go back to the old path: we do, and say so as our last word. */
  askedToDrain(link: Link): void {
    const { courier, gates } = this.#rooms
    if (link.drain === 'draining') return
    gates.shut(link, 'closing')
    this.#leave(link)
    courier.send(link, { kind: 'leave', code: 0, drains: false })
  }

  #leave(link: Link): void {
    const { learning } = this.#rooms
    const { routes } = link
    this.#stands(link)
    link.drain = 'draining'
    if (routes === undefined) return
    learning.touchSet(routes.set)
    routes.set.state = 'draining'
  }

  /** The last word of the other end. True where the link was draining and may end now. */
  left(link: Link): void {
    const { courier, gates, links } = this.#rooms
    if (link.drain === 'none') return
    if (link.drain === 'asked') {
      this.#leave(link)
      courier.send(link, { kind: 'leave', code: 0, drains: false })
      gates.open(link)
      links.end(link, 'idle')
      return
    }
    gates.open(link)
  }

  down(link: Link): void {
    this.#marksDue.delete(link)
    this.#coming.delete(link)
    this.#left.delete(link)
    this.#rooms.gates.open(link)
    this.#rooms.state.deadlines.clear(`idle:${link.number}`)
  }
}
