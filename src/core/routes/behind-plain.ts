// Ids behind plain children, who cannot name them: known by configuration, or by being heard.

import { REMOVE_REASON } from '../../wire/route-messages.js'
import { NO_RANGES, RouteRecord } from '../../wire/route-record.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import { IdMap } from '../id-map.js'
import type { Link } from '../link.js'
import { grantedTo } from './grants.js'
import { isGranted } from './id-range.js'
import type { Learning } from './learning.js'
import type { RouteTable } from './route-table.js'

/** How long an id that was heard is believed to be there (routing-table.md, "Plain neighbours"). */
export const SIGHTING_MS = 600_000
/** Sightings of one link; the next ones are not taken. */
export const SIGHTINGS_MAX = 10_000
/** Sightings are looked through this often: they are forgotten that much late at most. */
const SWEEP_MS = 60_000

/** What is known of one plain child. */
interface Behind {
  /** Ids that the topology places below it. */
  configured: Set<bigint>
  /** When an id was heard last. */
  readonly seenAtMs: IdMap<number>
  readonly seen: Set<bigint>
}

export class BehindPlain {
  readonly #state: CoreState
  readonly #table: RouteTable
  readonly #learning: Learning
  readonly #record = new RouteRecord()
  readonly #byLink = new Map<Link, Behind>()
  #topologyVersion = -1
  #sweptAtMs = 0

  constructor(state: CoreState, table: RouteTable, learning: Learning) {
    this.#state = state
    this.#table = table
    this.#learning = learning
  }

  up(link: Link): void {
    if (!link.plain || link.role !== 'child') return
    this.#byLink.set(link, { configured: new Set(), seenAtMs: new IdMap(), seen: new Set() })
    this.#topologyVersion = -1
  }

  down(link: Link): void {
    this.#byLink.delete(link)
  }

  /** The topology places ids below plain children: they are announced as if those had. */
  configure(): void {
    const { topology } = this.#state
    if (this.#topologyVersion === topology.version) return
    this.#topologyVersion = topology.version
    for (const [link, behind] of this.#byLink) this.#configure(link, behind)
  }

  #configure(link: Link, behind: Behind): void {
    const { topology } = this.#state
    const now = new Set<bigint>()
    const above: bigint[] = [link.peer.id]
    for (let parent = above.pop(); parent !== undefined; parent = above.pop()) {
      for (const id of topology.children(parent)) {
        if (id === this.#state.config.id || now.has(id)) continue
        now.add(id)
        above.push(id)
        this.#learn(link, id, parent)
      }
    }
    for (const id of behind.configured) {
      if (!now.has(id) && !behind.seen.has(id)) this.#forget(link, id, REMOVE_REASON.withdrawn)
    }
    behind.configured = now
  }

  /** A message with this sender came over the link; true where it was news. */
  heard(link: Link, high: number, low: number): boolean {
    const behind = this.#byLink.get(link)
    if (behind === undefined) return false
    const { nowMs } = this.#state
    if (behind.seenAtMs.get(high, low) !== undefined) {
      behind.seenAtMs.set(high, low, nowMs)
      return false
    }
    // Somebody who can name it knows better.
    if (this.#table.find(high, low) >= 0 || behind.seen.size >= SIGHTINGS_MAX) return false
    const id = joinHalves(high, low)
    const { config } = this.#state
    if (id === 0n || id === config.id) return false
    if (!isGranted(id, grantedTo(this.#state, link.peer.id))) return false
    behind.seen.add(id)
    behind.seenAtMs.set(high, low, nowMs)
    this.#learn(link, id, link.peer.id)
    return true
  }

  /** An answer came back that says there is no way to an id. */
  missing(link: Link, high: number, low: number): void {
    const behind = this.#byLink.get(link)
    if (behind?.seenAtMs.get(high, low) === undefined) return
    this.#drop(link, behind, joinHalves(high, low))
  }

  /** Forgets what was not heard for long. */
  sweep(): void {
    const { nowMs } = this.#state
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return
    this.#sweptAtMs = nowMs
    for (const [link, behind] of this.#byLink) {
      for (const id of behind.seen) {
        const seenAtMs = behind.seenAtMs.get(highHalf(id), lowHalf(id)) ?? 0
        if (nowMs - seenAtMs > SIGHTING_MS) this.#drop(link, behind, id)
      }
    }
  }

  #drop(link: Link, behind: Behind, id: bigint): void {
    behind.seen.delete(id)
    behind.seenAtMs.delete(highHalf(id), lowHalf(id))
    if (!behind.configured.has(id)) this.#forget(link, id, REMOVE_REASON.swept)
  }

  #forget(link: Link, id: bigint, reason: number): void {
    if (link.routes === undefined) return
    this.#learning.unlearn(link.routes.set, highHalf(id), lowHalf(id), reason)
  }

  /** Its life is not known, so the id itself stands for it: all who see it agree. */
  #learn(link: Link, id: bigint, parent: bigint): void {
    if (link.routes === undefined) return
    const record = this.#record
    record.idHigh = highHalf(id)
    record.idLow = lowHalf(id)
    record.incarnation.set([0, 0, record.idHigh, record.idLow])
    record.attach = 0
    record.parentHigh = highHalf(parent)
    record.parentLow = lowHalf(parent)
    record.hops = 2
    record.ranges = NO_RANGES
    this.#learning.learn(link.routes.set, record)
  }
}
