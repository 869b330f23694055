// A child that is told to open a link to a sibling: dials it, and says what came of it.

import type { ConnSync } from '../../wire/route-messages.js'
import { highHalf, lowHalf } from '../bus-id.js'
import type { Purpose } from '../connection.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Courier } from './courier.js'
import { isLocal } from './matchmaker.js'
import { IDLE_MS } from './path-change.js'
import type { RouteTable } from './route-table.js'

/** No address of it worked by then. */
const GIVE_UP_MS = 5_000
/** Dials that others may make us start in one second. */
const DIALS_A_SECOND = 10

interface Attempt {
  readonly id: bigint
  readonly life: Uint8Array
  readonly addresses: string[]
  /** Who asked. */
  readonly parent: Link
}

export interface SiblingDiallerRooms {
  readonly state: CoreState
  readonly table: RouteTable
  readonly courier: Courier
  readonly dial: (address: string, purpose: Purpose) => void
}

export class SiblingDialler {
  readonly #rooms: SiblingDiallerRooms
  readonly #attempts = new Map<number, Attempt>()
  #last = 0
  #dials = 0
  #secondMs = Number.NEGATIVE_INFINITY

  constructor(rooms: SiblingDiallerRooms) {
    this.#rooms = rooms
  }

  /** CONN_SYNC; false where it is not lawful. */
  asked(parent: Link, sync: ConnSync): boolean {
    const { state, table } = this.#rooms
    if (parent.role !== 'parent' || parent.routes === undefined) return false
    if (!state.config.siblings || state.neighbours.get(sync.id) !== undefined) return true
    const row = table.rowIn(parent.routes.set, highHalf(sync.id), lowHalf(sync.id))
    if (row < 0 || !isSame(table.rows.life(row), sync.incarnation)) return false
    const isSameHost = parent.peer.hostname === state.config.hostname
    const addresses = sync.addresses.filter((one) => isSameHost || !isLocal(one))
    const attempt = { id: sync.id, life: sync.incarnation, addresses, parent }
    this.#last++
    this.#attempts.set(this.#last, attempt)
    state.deadlines.set(`sync:${this.#last}`, state.nowMs + GIVE_UP_MS)
    this.#next(this.#last)
    return true
  }

  #next(number: number): void {
    const attempt = this.#attempts.get(number)
    if (attempt === undefined) return
    const address = attempt.addresses.shift()
    if (address === undefined || !this.#mayDial()) {
      this.#end(number, -1)
      return
    }
    const { id, life } = attempt
    this.#rooms.dial(address, { kind: 'sibling', expectedId: id, life, attempt: number })
  }

  #mayDial(): boolean {
    const { nowMs } = this.#rooms.state
    if (nowMs - this.#secondMs >= 1_000) {
      this.#secondMs = nowMs
      this.#dials = 0
    }
    return ++this.#dials <= DIALS_A_SECOND
  }

  /** A dial of ours came to nothing. */
  failed(purpose: Purpose | undefined): void {
    if (purpose?.kind === 'sibling' && purpose.attempt !== undefined) this.#next(purpose.attempt)
  }

  up(link: Link): void {
    const { purpose } = link.control
    if (purpose?.kind !== 'sibling' || purpose.attempt === undefined) return
    const { deadlines, nowMs } = this.#rooms.state
    link.dataAtMs = nowMs
    deadlines.set(`idle:${link.number}`, nowMs + IDLE_MS)
    this.#end(purpose.attempt, 0)
  }

  /** The time for it is over. */
  gaveUp(number: number): void {
    this.#end(number, -1)
  }

  #end(number: number, resultCode: number): void {
    const attempt = this.#attempts.get(number)
    if (attempt === undefined) return
    this.#attempts.delete(number)
    this.#rooms.state.deadlines.clear(`sync:${number}`)
    const { id, parent } = attempt
    if (parent.routes === undefined) return
    this.#rooms.courier.send(parent, { kind: 'conn_sync_rsp', synced: { id, resultCode } })
  }

  stop(): void {
    for (const number of this.#attempts.keys()) this.#rooms.state.deadlines.clear(`sync:${number}`)
    this.#attempts.clear()
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
