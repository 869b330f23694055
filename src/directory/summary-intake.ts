// Puts a peer's summary together from its parts, and says what either side lacks.

import type { Summary, Version } from './directory-messages.js'
import { compareStamps } from './hlc.js'
import type { Registration } from './record.js'
import type { RecordStore } from './record-store.js'
import type { Tombstone } from './tombstone.js'

export interface WholeSummary {
  readonly ready: boolean
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
    const whole = { ready: part.ready, versions: this.#versions, tombstones: this.#tombstones }
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
    if (!summary.versions.has(standing.node.busId)) push.push(standing)
  }
  return { pull, push, dead }
}

function order(version: Version, standing: Registration): number {
  const byStamp = compareStamps(version.stamp, standing.stamp)
  if (byStamp !== 0 || version.incarnation === standing.node.incarnation) return byStamp
  return version.incarnation < standing.node.incarnation ? -1 : 1
}
