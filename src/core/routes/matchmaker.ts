// A parent that forwards between two of its children tells them to talk directly (CONN_SYNC).

import type { ConnSync, ConnSyncResponse } from '../../wire/route-messages.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import type { Courier } from './courier.js'

/** Once for a pair in this time. */
const AGAIN_MS = 60_000
/** A pair of which neither reaches the other is left alone for this long. */
const FAILED_MS = 300_000
/** Pairs that are remembered; the oldest goes first. */
const PAIRS_MAX = 4_096
const ADDRESSES_MAX = 8

interface Pair {
  readonly untilMs: number
  /** Who was told to dial; the other one is told if that fails. */
  readonly dialler: Link
  readonly other: Link
  readonly isSecond: boolean
}

export class Matchmaker {
  readonly #state: CoreState
  readonly #courier: Courier
  /** Whether the one has heard of the other: nobody dials whom it does not know. */
  readonly #knows: (one: Link, other: Link) => boolean
  readonly #pairs = new Map<string, Pair>()

  constructor(state: CoreState, courier: Courier, knows: (one: Link, other: Link) => boolean) {
    this.#state = state
    this.#courier = courier
    this.#knows = knows
  }

  /** A message of one child's own was forwarded to another child itself. */
  forwarded(from: Link, to: Link): void {
    if (!from.takesSiblings || !to.takesSiblings) return
    const [lower, higher] = from.peer.id < to.peer.id ? [from, to] : [to, from]
    const key = keyOf(lower, higher)
    const known = this.#pairs.get(key)
    if (known !== undefined && this.#state.nowMs < known.untilMs) return
    if (this.#knows(lower, higher)) this.#tell(key, lower, higher, false)
  }

  #tell(key: string, dialler: Link, other: Link, isSecond: boolean): void {
    const { nowMs } = this.#state
    const addresses = reachable(other, dialler)
    const untilMs = nowMs + AGAIN_MS
    this.#remember(key, { untilMs, dialler, other, isSecond })
    if (addresses.length === 0) {
      this.#failed(key)
      return
    }
    const { id, incarnation = new Uint8Array(16) } = other.peer
    const sync: ConnSync = { id, incarnation, addresses }
    this.#courier.send(dialler, { kind: 'conn_sync', sync })
  }

  #remember(key: string, pair: Pair): void {
    this.#pairs.delete(key)
    const [oldest] = this.#pairs.keys()
    if (this.#pairs.size >= PAIRS_MAX && oldest !== undefined) this.#pairs.delete(oldest)
    this.#pairs.set(key, pair)
  }

  /** Whoever was told to dial says what came of it. */
  answered(link: Link, { id, resultCode }: ConnSyncResponse): void {
    if (resultCode === 0) return
    const other = this.#state.neighbours.get(id)
    if (other === undefined) return
    const [lower, higher] = link.peer.id < id ? [link, other] : [other, link]
    const key = keyOf(lower, higher)
    if (this.#pairs.get(key)?.dialler === link) this.#failed(key)
  }

  #failed(key: string): void {
    const pair = this.#pairs.get(key)
    if (pair === undefined) return
    const { dialler, other, isSecond } = pair
    const stands = dialler.routes !== undefined && other.routes !== undefined
    if (!isSecond && stands && this.#knows(other, dialler)) this.#tell(key, other, dialler, true)
    else this.#remember(key, { ...pair, untilMs: this.#state.nowMs + FAILED_MS })
  }
}

function keyOf(lower: Link, higher: Link): string {
  return `${lower.number}:${higher.number}`
}

/** Loopback and unix lead only to processes of the same host. */
function reachable(target: Link, from: Link): readonly string[] {
  const isSameHost = target.peer.hostname === from.peer.hostname
  const usable = target.peer.addresses.filter((one) => isSameHost || !isLocal(one))
  return usable.slice(0, ADDRESSES_MAX)
}

/** An address that means another process on every host. */
export function isLocal(address: string): boolean {
  return /^(?:unix|pipe|inproc|mem|shm|ring):|^\w+:\/\/(?:127\.|\[?::1\]?|localhost)/i.test(address)
}
