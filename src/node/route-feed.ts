// Notices that the routing table has changed, and tells those who want to know once a turn.

import type { ChangeReader } from '../core/routes/change-reader.js'
import type { RouteChange, RoutesView } from '../core/routes/routes-view.js'

export interface RouteFeedEnvironment {
  readonly view: RoutesView
  /** Whether anybody takes the changes one by one. */
  readonly isHeard: () => boolean
  readonly tell: (change: RouteChange) => void
  /** Whether anything else depends on the table; then `changed` is called before all is told. */
  readonly isNeeded: () => boolean
  readonly changed: () => void
}

export class RouteFeed {
  readonly #env: RouteFeedEnvironment
  /** The version up to which nobody has anything to be told. */
  #version: number
  /** Where the events go on; undefined while nobody listens. */
  #reader: ChangeReader | undefined
  #isArmed = false
  #isOpen = true
  /** Woken by the next change, and when the feed is closed; once. */
  readonly #waiting = new Set<() => void>()
  /** Woken when every neighbour has told its whole table. */
  readonly #completing = new Set<() => void>()

  constructor(env: RouteFeedEnvironment) {
    this.#env = env
    this.#version = env.view.version
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Calls back once, on the turn after the next change. */
  onChange(wake: () => void): void {
    this.#waiting.add(wake)
  }

  /** Calls back once, when every neighbour that was asked for its table has told all of it. */
  onComplete(wake: () => void): void {
    this.#completing.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
    this.#completing.delete(wake)
  }

  /** The core did something. While nobody wants to know, this is all that a change costs. */
  looked(): void {
    const { view } = this.#env
    if (this.#completing.size > 0 && view.isComplete) wakeAll(this.#completing)
    const { version } = view
    if (version === this.#version || this.#isArmed) return
    if (this.#env.isHeard()) this.#reader ??= view.reader(this.#version)
    else this.#reader = undefined
    if (this.#reader === undefined && this.#waiting.size === 0 && !this.#env.isNeeded()) {
      this.#version = version
      return
    }
    this.#isArmed = true
    // A burst arrives as many packets: what they changed together is told together.
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isArmed = false
    if (!this.#isOpen) return
    this.#version = this.#env.view.version
    this.#env.changed()
    this.#tell()
    wakeAll(this.#waiting)
  }

  #tell(): void {
    const { tell, view } = this.#env
    const reader = this.#reader
    if (reader === undefined) return
    for (let next = view.nextChange(reader); next; next = view.nextChange(reader)) tell(next)
  }

  /** Nothing is told any more, and nobody waits. */
  close(): void {
    this.#isOpen = false
    wakeAll(this.#waiting)
    wakeAll(this.#completing)
  }
}

/** Who is woken may wait again: for what comes after. */
function wakeAll(waiting: Set<() => void>): void {
  const woken = [...waiting]
  waiting.clear()
  for (const wake of woken) wake()
}
