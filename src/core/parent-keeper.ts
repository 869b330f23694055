// Keeps the links to parents: dials, redials after a loss, and says in which state the node is.

import type { Purpose } from './connection.js'
import type { CoreState } from './core-state.js'
import type { DialFailure } from './dialler.js'
import type { Link } from './link.js'
import { ParentDialler } from './parent-dialler.js'

/** One parent that the node is to have: by any of its addresses, the next when one fails. */
interface Seat {
  readonly dialler: ParentDialler
  /** Of the link that holds it; 0 for none. */
  link: number
  upSinceMs: number
}

export class ParentKeeper {
  readonly #state: CoreState
  readonly #dial: (address: string, purpose: Purpose) => void
  readonly #seats: readonly Seat[]
  /** The parent of the last registration; 0 before the first. */
  #lastParent = 0n
  #everRegistered = false
  #stopped = false

  constructor(state: CoreState, dial: (address: string, purpose: Purpose) => void) {
    this.#state = state
    this.#dial = dial
    const { parentMode, parents, retry } = state.config
    const lists = parentMode === 'all' ? parents.map((address) => [address]) : [parents]
    this.#seats = lists.map((addresses) => {
      return { dialler: new ParentDialler(addresses, retry), link: 0, upSinceMs: 0 }
    })
  }

  start(): void {
    if (this.#state.config.parents.length === 0) this.#state.become('running')
    else for (const seat of this.#seats.keys()) this.redial(seat)
  }

  stop(): void {
    this.#stopped = true
    for (const seat of this.#seats.keys()) this.#state.deadlines.clear(`parent:${seat}`)
    this.#state.become('stopped')
  }

  /** The deadline came, or there is nothing to wait for. */
  redial(seat: number): void {
    const address = this.#seats[seat]?.dialler.address
    if (this.#stopped || address === undefined) return
    this.#dial(address, { kind: 'parent', seat })
  }

  linkUp(link: Link): void {
    const { config, topology } = this.#state
    const seat = this.#seats[seatOf(link.control.purpose)]
    if (seat !== undefined) {
      seat.link = link.number
      seat.upSinceMs = this.#state.nowMs
    }
    this.#everRegistered = true
    const previous = this.#lastParent
    this.#lastParent = link.peer.id
    topology.update(config.id, link.peer.id, { pid: config.pid, hostname: config.hostname })
    this.#state.become('running')
    if (previous !== link.peer.id) {
      this.#state.tell({ kind: 'parent_changed', previous, parent: link.peer.id })
    }
  }

  /** A parent that tells us to go, our id being another's, is not asked again soon. */
  linkDown(link: Link): void {
    if (this.#stopped) return
    const number = seatOf(link.control.purpose)
    const seat = this.#seats[number]
    // Its successor is there already.
    if (seat === undefined || (seat.link !== 0 && seat.link !== link.number)) return
    seat.link = 0
    if (this.#state.neighbours.parents.size === 0) this.#state.become('parent_lost')
    const chance = this.#state.chance()
    const livedMs = this.#state.nowMs - seat.upSinceMs
    const isRefused = link.leaveCode !== 0
    const waitMs = isRefused ? seat.dialler.refused(chance) : seat.dialler.lost(livedMs, chance)
    this.#retryAfter(number, waitMs)
  }

  dialFailed(failure: DialFailure): void {
    if (this.#stopped) return
    if (!this.#everRegistered && this.#state.config.firstConnection === 'give_up') {
      this.#stopped = true
      const { code, detail } = failure
      this.#state.tell({ kind: 'gave_up', code, detail })
      return
    }
    const number = seatOf(failure.connection.purpose)
    const dialler = this.#seats[number]?.dialler
    if (dialler === undefined) return
    const chance = this.#state.chance()
    this.#retryAfter(number, failure.refused ? dialler.refused(chance) : dialler.failed(chance))
  }

  #retryAfter(seat: number, waitMs: number): void {
    this.#state.deadlines.set(`parent:${seat}`, this.#state.nowMs + waitMs)
  }
}

function seatOf(purpose: Purpose | undefined): number {
  return purpose?.kind === 'parent' ? purpose.seat : -1
}
