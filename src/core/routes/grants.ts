// Who may announce which ids: what our parents granted us, and what we grant our children.

import type { IdRange } from '../../wire/control-messages.js'
import { NO_RANGES } from '../../wire/route-record.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import { inBoth, isGranted } from './id-range.js'

/**
 * granted   it may be learned
 * breach    the child was told that it may not
 * refused   a parent of ours does not take it, which the child could not know
 */
export type GrantVerdict = 'granted' | 'breach' | 'refused'

/**
 * What a child is told when it registers. Without a grant of its own in our configuration that is
 * nothing, and it may announce every id that our own parents take.
 */
export function grantedTo(state: CoreState, child: bigint): readonly IdRange[] {
  const own = state.config.grants.find((grant) => grant.child === child)
  if (own === undefined) return NO_RANGES
  const nothingElse = [{ prefix: child, maskBits: 64 }]
  let ranges = own.ranges
  for (const { peer } of state.neighbours.parents) {
    ranges = inBoth(ranges, peer.ranges) ?? nothingElse
  }
  return ranges
}

export function judgeGrant(state: CoreState, from: Link, id: bigint): GrantVerdict {
  if (!isGranted(id, from.granted)) return 'breach'
  for (const { peer } of state.neighbours.parents) {
    if (!isGranted(id, peer.ranges)) return 'refused'
  }
  return 'granted'
}
