// Keeps order where a path changes: what comes by the new one waits for the last word by the old.
//
// Nothing is held in memory: the connection is not read any further (routing-table.md, "Changing
// the path").

import type { DataCursor } from '../wire/data-cursor.js'
import { EXTENSION } from '../wire/extension.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { RouteTable } from './routes/route-table.js'

/** The last word by the old path is waited for so long at most. */
const WAIT_MS = 1_000
/** Marks of one link that are remembered, announced or come; a lawful one has a few. */
const MARKS_MAX = 64
/** The mark of a link that is new needs no announcement. */
const FIRST_MARK = 0n

/**
 * opening   data on this link waits for the mark of its other end, which comes by the old path
 * closing   data from behind this link waits where it comes by another, for the last word on it
 */
type Gate = 'opening' | 'closing'

export class PathGates {
  readonly #state: CoreState
  readonly #table: RouteTable
  readonly #gates = new Map<Link, Gate>()
  /** The marks that an opening gate still waits for, by their numbers. */
  readonly #awaited = new Map<Link, Set<bigint>>()
  /** Marks that came by the old path before the new one announced them. */
  readonly #early = new WeakMap<Link, Set<bigint>>()
  /** Links whose own data waits for the last word on a connection that gave way to them. */
  readonly #successors = new Set<Link>()
  /** Links of which a mark did not come in time: none is waited for until one comes. */
  readonly #overdue = new WeakSet<Link>()
  /** Connections that are not read now. */
  readonly #held = new Set<Connection>()

  constructor(state: CoreState, table: RouteTable) {
    this.#state = state
    this.#table = table
  }

  get isActive(): boolean {
    return this.#gates.size > 0 || this.#successors.size > 0
  }

  shut(link: Link, gate: Gate): void {
    this.#gates.set(link, gate)
    this.#awaited.delete(link)
    if (gate === 'opening') this.#awaited.set(link, new Set([FIRST_MARK]))
    // Until something waits, the other end may take its time to learn who is behind us.
    if (gate === 'closing') this.#limit(link)
  }

  #limit(link: Link): void {
    this.#state.deadlines.set(`gate:${link.number}`, this.#state.nowMs + WAIT_MS)
  }

  waitForLastWord(link: Link): void {
    this.#successors.add(link)
  }

  /** It took too long: the old path is slow or broken, so the next change is not waited for. */
  expired(link: Link): void {
    if (this.#gates.get(link) === 'opening') this.#overdue.add(link)
    this.open(link)
  }

  /** The last word came, or the old path has ended. */
  open(link: Link): void {
    const isOpened = this.#gates.delete(link)
    this.#awaited.delete(link)
    if (!this.#successors.delete(link) && !isOpened) return
    this.#state.deadlines.clear(`gate:${link.number}`)
    this.#resume()
  }

  #resume(): void {
    for (const connection of this.#held) {
      this.#held.delete(connection)
      this.#state.emit({ kind: 'resume', connection: connection.number })
    }
  }

  /** More of what the other end sends goes by this link from now on; a mark ends it elsewhere. */
  announced(link: Link, mark: bigint): void {
    if (this.#gates.get(link) === 'closing' || this.#overdue.has(link)) return
    if (this.#early.get(link)?.delete(mark)) return
    const awaited = this.#awaited.get(link) ?? new Set()
    if (awaited.size < MARKS_MAX) awaited.add(mark)
    this.#awaited.set(link, awaited)
    this.#gates.set(link, 'opening')
  }

  /** The mark of a node: nothing of what it ended comes by its old path any more. */
  marked(high: number, low: number, mark: bigint): void {
    const link = this.#state.neighbours.find(high, low)
    if (link === undefined) return
    if (mark !== FIRST_MARK) this.#overdue.delete(link)
    const awaited = this.#awaited.get(link)
    if (awaited?.delete(mark) === true) {
      if (awaited.size === 0) this.#arrived(link)
    } else if (mark !== FIRST_MARK && link.role === 'sibling') {
      this.#cameEarly(link, mark)
    }
  }

  /** All marks have come; the last word of a connection that gave way may not have. */
  #arrived(link: Link): void {
    if (!this.#successors.has(link)) {
      this.open(link)
      return
    }
    this.#gates.delete(link)
    this.#awaited.delete(link)
    this.#resume()
  }

  #cameEarly(link: Link, mark: bigint): void {
    const early = this.#early.get(link) ?? new Set()
    const [oldest] = early
    if (early.size >= MARKS_MAX && oldest !== undefined) early.delete(oldest)
    this.#early.set(link, early.add(mark))
  }

  /** Whether a message has to wait; then its connection is read again only when it need not. */
  holds(connection: Connection, link: Link, data: DataCursor): boolean {
    if (data.extensionKind === EXTENSION.MARK || !this.#mustWait(connection, link, data))
      return false
    this.#held.add(connection)
    if (this.#gates.get(link) === 'opening' || this.#successors.has(link)) this.#limit(link)
    this.#state.emit({ kind: 'pause', connection: connection.number })
    return true
  }

  #mustWait(connection: Connection, link: Link, { fromHi, fromLo }: DataCursor): boolean {
    if (connection === link.control && this.#successors.has(link)) return true
    if (this.#gates.get(link) === 'opening') return true
    for (const [other, gate] of this.#gates) {
      if (gate !== 'closing' || other === link || other.routes === undefined) continue
      if (this.#table.rowIn(other.routes.set, fromHi, fromLo) >= 0) return true
    }
    return false
  }

  /** It is not read now. */
  isHeld(connection: Connection): boolean {
    return this.#held.size > 0 && this.#held.has(connection)
  }

  forget(connection: Connection): void {
    this.#held.delete(connection)
    for (const link of this.#successors) {
      if (!link.hasYielded) continue
      this.#successors.delete(link)
      this.#resume()
    }
  }
}
