// What a registry is told at its start: who it is, its times, and what it may ask its node.

import type { Reach } from './directory-effects.js'
import type { LeaseTimes } from './leases.js'
import type { NodeInfo, ServiceRecord } from './record.js'

/** Defaults and their sources: services.md 5.6. All in milliseconds of the monotonic clock. */
export interface RegistryTimes extends LeaseTimes {
  /** How long a registry alone waits for peers before it takes its table for whole. */
  readonly warmUpMs: number
  readonly tombstoneLifeMs: number
  /** How long an old life has to answer before a new one replaces it (R4). */
  readonly probeMs: number
  /** Between comparisons with peers; three of them fit into the 35 s of convergence. */
  readonly compareMs: number
  /** A peer's clock that is further ahead is not followed. */
  readonly clockAheadMaxMs: number
  /** What the registry's own process offers and lost in a clash is tried again then. */
  readonly conflictRetryMs: number
  /** How long a poll waits for news. */
  readonly pollHoldMs: number
  /**
   * Changes that follow others sooner than this are told together. A change that comes alone is
   * told at once. Less tells a crowd sooner, and costs a message to each watcher the oftener.
   */
  readonly pushGapMs: number
}

export const REGISTRY_TIMES: RegistryTimes = {
  renewMs: 30_000,
  leaseMs: 90_000,
  ceilingMs: 3_600_000,
  sweepMs: 60_000,
  recountMs: 900_000,
  guardRatio: 0.85,
  warmUpMs: 60_000,
  tombstoneLifeMs: 7_200_000,
  probeMs: 1_000,
  compareMs: 10_000,
  clockAheadMaxMs: 60_000,
  conflictRetryMs: 5_000,
  pollHoldMs: 30_000,
  pushGapMs: 20,
}

export interface RegistryLimits {
  readonly registrationsMax: number
  readonly watchersMax: number
  /** Changes a returning watcher can catch up on. */
  readonly logLengthMax: number
  /** Registrations that wait for a probe of an old life. */
  readonly probesMax: number
}

export const REGISTRY_LIMITS: RegistryLimits = {
  registrationsMax: 1_000_000,
  watchersMax: 100_000,
  logLengthMax: 10_000,
  probesMax: 1_000,
}

export interface RegistryConfig {
  readonly node: NodeInfo
  /** Its own service of app `registry`. */
  readonly record: ServiceRecord
  /** Drawn anew at every start, never 0: tells watchers that the table began empty. */
  readonly epoch: bigint
  readonly times: RegistryTimes
  readonly limits: RegistryLimits
  readonly reach: Reach
  /** In [0, 1). */
  readonly chance: () => number
  /** Whom to believe that it is a registry; what it says changes the whole table. */
  readonly mayBeRegistry: (busId: bigint) => boolean
  /** Who may change and retire others' records. */
  readonly isAdmin: (busId: bigint) => boolean
}
