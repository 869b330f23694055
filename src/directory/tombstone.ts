// What stays of a removed registration, so that a late replica does not bring it back (R6).

import { compareStamps, type Stamp } from './hlc.js'

/** `conflict`: it lost a clash that came to light when two registries met (R4). */
export const REMOVAL = {
  CANCEL: 'cancel',
  RETIRE: 'retire',
  EXPIRED: 'expired',
  REPLACED: 'replaced',
  CONFLICT: 'conflict',
} as const
export type RemovalReason = (typeof REMOVAL)[keyof typeof REMOVAL]

export interface Tombstone {
  readonly busId: bigint
  readonly incarnation: string
  /** Versions up to this one are dead. */
  readonly stamp: Stamp
  readonly reason: RemovalReason
}

/** What of a version counts here: whose life, and how new. */
export interface DatedLife {
  readonly incarnation: string
  readonly stamp: Stamp
}

/** A tombstone on the shelf of one store. */
export interface BuriedAt {
  readonly tombstone: Tombstone
  readonly untilMs: number
}

/**
 * Whether the tombstone forbids this version. A newer stamp gets by, which only a source makes; but
 * a retired incarnation never does, whatever its stamp. The end of one life says nothing of a later
 * one: incarnations are ordered by time (UUIDv7). Where a clock was set back between two lives the
 * later one looks earlier, and its source gets by with a newer stamp.
 */
export function forbids(tombstone: Tombstone, version: DatedLife): boolean {
  if (isRetired(tombstone, version.incarnation)) return true
  if (version.incarnation > tombstone.incarnation) return false
  return compareStamps(version.stamp, tombstone.stamp) <= 0
}

export function isRetired(tombstone: Tombstone, incarnation: string): boolean {
  return tombstone.reason === REMOVAL.RETIRE && tombstone.incarnation === incarnation
}
