// Puts a peer's summary together from its parts, and says what either side lacks.

import type { Summary, Version } from './directory-messages.js'
import { compareStamps } from './hlc.js'
import type { Registration } from './record.js'
import type { RecordStore } from './record-store.js'
import { BUCKETS, bucketOf } from './table-hash.js'
import type { Tombstone } from './tombstone.js'

export interface WholeSummary {
  readonly ready: boolean
  /** One bit for each bucket it tells of. */
  readonly buckets: Uint8Array
  readonly versions: ReadonlyMap<bigint, Version>
  readonly tombstones: readonly Tombstone[]
}

/** One summary on its way; a missing part spoils it, and the next comparison tries again. */
export class SummaryIntake {
  readonly #countMax: number
  #parts = 0n
  #versions = new Map<bigint, Version>()
  #tombstones: Tombstone[] = []

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** The summary where this was its last part. */
  take(part: Summary): WholeSummary | undefined {
    if (part.part === 0n) this.#clear()
    if (part.part !== this.#parts) return undefined
    this.#parts++
    for (const version of part.versions) this.#versions.set(version.busId, version)
    this.#tombstones.push(...part.tombstones)
    if (this.#versions.size + this.#tombstones.length > this.#countMax) this.#clear()
    if (!part.last || this.#parts === 0n) return undefined
    const { ready, buckets } = part
    const whole = { ready, buckets, versions: this.#versions, tombstones: this.#tombstones }
    this.#clear()
    return whole
  }

  #clear(): void {
    this.#parts = 0n
    this.#versions = new Map()
    this.#tombstones = []
  }
}

export interface Differences {
  /** Newer at the peer. */
  readonly pull: bigint[]
  /** Newer here. */
  readonly push: Registration[]
  /** Dead here, and alive at the peer. */
  readonly dead: Tombstone[]
}

export function differences(store: RecordStore, summary: WholeSummary): Differences {
  const pull: bigint[] = []
  const push: Registration[] = []
  const dead: Tombstone[] = []
  for (const version of summary.versions.values()) {
    const standing = store.get(version.busId)
    const tombstone = store.forbidding(version)
    if (tombstone !== undefined) dead.push(tombstone)
    else if (standing === undefined || order(version, standing) > 0) pull.push(version.busId)
    else if (order(version, standing) < 0) push.push(standing)
  }
  for (const standing of store.all()) {
    const { busId } = standing.node
    if (!hasBucket(summary.buckets, bucketOf(busId)) || summary.versions.has(busId)) continue
    push.push(standing)
  }
  return { pull, push, dead }
}

export function hasBucket(buckets: Uint8Array, bucket: number): boolean {
  return (((buckets[bucket >> 3] ?? 0) >> (bucket & 7)) & 1) === 1
}

export function bucketBits(buckets: ReadonlySet<number>): Uint8Array {
  const bits = new Uint8Array(BUCKETS / 8)
  for (const bucket of buckets) bits[bucket >> 3] = (bits[bucket >> 3] ?? 0) | (1 << (bucket & 7))
  return bits
}

function order(version: Version, standing: Registration): number {
  const byStamp = compareStamps(version.stamp, standing.stamp)
  if (byStamp !== 0 || version.incarnation === standing.node.incarnation) return byStamp
  return version.incarnation < standing.node.incarnation ? -1 : 1
}
