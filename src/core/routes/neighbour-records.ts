// What a link makes known by itself: the neighbour at its other end, from its registration on.

import { REMOVE_REASON } from '../../wire/route-messages.js'
import { RouteRecord } from '../../wire/route-record.js'
import { highHalf, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import { grantedTo } from './grants.js'
import type { LearnedSet } from './learned-set.js'
import type { Learning } from './learning.js'
import { wordsOfLife } from './publisher.js'
import type { RouteTable } from './route-table.js'

export class NeighbourRecords {
  readonly #state: CoreState
  readonly #table: RouteTable
  readonly #learning: Learning
  readonly #record = new RouteRecord()

  constructor(state: CoreState, table: RouteTable, learning: Learning) {
    this.#state = state
    this.#table = table
    this.#learning = learning
  }

  learn(link: Link, set: LearnedSet): void {
    const record = this.#record
    const { peer, role } = link
    if (role === 'child' && !link.plain) link.granted = grantedTo(this.#state, peer.id)
    const parent = role === 'child' ? this.#state.config.id : 0n
    record.idHigh = link.idHigh
    record.idLow = link.idLow
    record.incarnation.set(wordsOfLife(peer.incarnation ?? this.#lifeOfPlain(link)))
    record.attach = Number(BigInt.asUintN(32, peer.attach))
    record.parentHigh = highHalf(parent)
    record.parentLow = lowHalf(parent)
    record.hops = 1
    record.ranges = link.granted
    this.#learning.learn(set, record)
    if (role === 'child') this.#promote(set)
  }

  /** Whoever had its id before was asked, if there was anybody to ask. */
  #promote(set: LearnedSet): void {
    const row = this.#table.rowIn(set, set.link.idHigh, set.link.idLow)
    if (row >= 0) this.#learning.promote(row, REMOVE_REASON.replaced)
  }

  /** Made from when it registered and what it says of its process. */
  #lifeOfPlain(link: Link): Uint8Array {
    const life = new Uint8Array(16)
    const view = new DataView(life.buffer)
    view.setFloat64(0, this.#state.ambient.wallMs())
    view.setUint32(8, link.peer.pid)
    let hash = 0
    for (const char of link.peer.hashCode) hash = Math.imul(hash, 31) + char.charCodeAt(0)
    view.setUint32(12, hash)
    return life
  }
}
