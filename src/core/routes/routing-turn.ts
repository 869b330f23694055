// Once a turn: what was changed is told, and what takes long goes on.

import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { BehindPlain } from './behind-plain.js'
import type { ChangeDamper } from './change-damper.js'
import type { ChangeLog } from './change-log.js'
import type { Hearing } from './hearing.js'
import type { Learning } from './learning.js'
import type { PathChange } from './path-change.js'
import type { Publisher } from './publisher.js'
import type { SetKeeper } from './set-keeper.js'

const TURN_TIMER = 'routes:0'
const FLAP_TIMER = 'flap:0'
/** What takes long goes on after this, so that others have their turn in between. */
const GO_ON_MS = 1
/**
 * A turn looks at every link. So the next one comes the later the more there are beyond a few:
 * where hundreds come at once they are told of each other in packets of many records, not of one.
 */
const FEW_LINKS = 16
const LINK_MS = 0.5
const PAUSE_MS_MAX = 100

export interface TurnRooms {
  readonly state: CoreState
  readonly log: ChangeLog
  readonly damper: ChangeDamper
  readonly learning: Learning
  readonly keeper: SetKeeper
  readonly hearing: Hearing
  readonly publisher: Publisher
  readonly behind: BehindPlain
  readonly paths: PathChange
}

export class RoutingTurn {
  readonly #rooms: TurnRooms
  #armed = false
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(rooms: TurnRooms) {
    this.#rooms = rooms
  }

  /** Something has changed: many changes of one turn are told together. */
  arm(afterMs = 0): void {
    const { state } = this.#rooms
    if (this.#armed || state.state === 'stopped') return
    this.#armed = true
    const many = Math.max(0, state.neighbours.size - FEW_LINKS)
    const pauseMs = Math.min(PAUSE_MS_MAX, many * LINK_MS)
    const dueMs = Math.max(state.nowMs + afterMs, this.#lastMs + pauseMs)
    state.deadlines.set(TURN_TIMER, dueMs)
  }

  stop(): void {
    this.#rooms.state.deadlines.clear(TURN_TIMER)
    this.#rooms.state.deadlines.clear(FLAP_TIMER)
  }

  run(): void {
    const { behind, hearing, keeper, learning, paths, publisher, state } = this.#rooms
    this.#armed = false
    this.#lastMs = state.nowMs
    this.#armFlaps()
    learning.settle()
    paths.turn()
    behind.configure()
    behind.sweep()
    keeper.sweepSome()
    let isMore = keeper.hasSweeps
    for (const link of state.neighbours) {
      const { routes } = link
      if (routes === undefined) continue
      const isDue = routes.subscription.state === 'due'
      if (isDue && !hearing.subscribe(link, routes)) isMore = true
      if (!publisher.flush(link, routes)) isMore = true
    }
    if (isMore) this.arm(GO_ON_MS)
  }

  #armFlaps(): void {
    const dueMs = this.#rooms.damper.nextDueMs
    if (dueMs !== Number.POSITIVE_INFINITY) this.#rooms.state.deadlines.set(FLAP_TIMER, dueMs)
  }

  /** Whoever is told of a sender hears of it before its message. */
  beforeData(link: Link): void {
    const { log, publisher } = this.#rooms
    const { routes } = link
    const subscriber = routes?.subscriber
    if (routes === undefined || subscriber === undefined || subscriber.snapshotAt >= 0) return
    if (subscriber.sequence !== log.head) publisher.flush(link, routes)
  }
}
