// Keeps the link to a parent: dials, redials after a loss, and says in which state the node is.

import type { Purpose } from './connection.js'
import type { CoreState } from './core-state.js'
import type { DialFailure } from './dialler.js'
import type { Link } from './link.js'
import { ParentDialler } from './parent-dialler.js'

const PARENT_TIMER = 'parent:0'

export class ParentKeeper {
  readonly #state: CoreState
  readonly #dial: (address: string, purpose: Purpose) => void
  readonly #dialler: ParentDialler
  /** The parent of the last registration; 0 before the first. */
  #lastParent = 0n
  #everRegistered = false
  #stopped = false
  #upSinceMs = 0

  constructor(state: CoreState, dial: (address: string, purpose: Purpose) => void) {
    this.#state = state
    this.#dial = dial
    this.#dialler = new ParentDialler(state.config.parents, state.config.retry)
  }

  start(): void {
    if (this.#dialler.address === undefined) this.#state.become('running')
    else this.redial()
  }

  stop(): void {
    this.#stopped = true
    this.#state.deadlines.clear(PARENT_TIMER)
    this.#state.become('stopped')
  }

  /** The deadline came, or there is nothing to wait for. */
  redial(): void {
    const address = this.#dialler.address
    if (this.#stopped || address === undefined) return
    this.#dial(address, { kind: 'parent' })
  }

  linkUp(link: Link): void {
    const { config, topology } = this.#state
    this.#everRegistered = true
    this.#upSinceMs = this.#state.nowMs
    const previous = this.#lastParent
    this.#lastParent = link.peer.id
    topology.update(config.id, link.peer.id, { pid: config.pid, hostname: config.hostname })
    this.#state.become('running')
    if (previous !== link.peer.id) {
      this.#state.tell({ kind: 'parent_changed', previous, parent: link.peer.id })
    }
  }

  /** `refused`: the parent told us to go, our id being another's. */
  linkDown(refused: boolean): void {
    if (this.#stopped) return
    this.#state.become('parent_lost')
    if (refused) {
      this.#retryAfter(this.#dialler.refused(this.#state.chance()))
      return
    }
    const livedMs = this.#state.nowMs - this.#upSinceMs
    this.#retryAfter(this.#dialler.lost(livedMs, this.#state.chance()))
  }

  dialFailed(failure: DialFailure): void {
    if (this.#stopped) return
    if (!this.#everRegistered && this.#state.config.firstConnection === 'give_up') {
      this.#stopped = true
      const { code, detail } = failure
      this.#state.tell({ kind: 'gave_up', code, detail })
      return
    }
    const chance = this.#state.chance()
    const dialler = this.#dialler
    this.#retryAfter(failure.refused ? dialler.refused(chance) : dialler.failed(chance))
  }

  #retryAfter(waitMs: number): void {
    this.#state.deadlines.set(PARENT_TIMER, this.#state.nowMs + waitMs)
  }
}
