// Which services may be chosen at all: up, of the colour, cluster, version and zone asked for.

import { STATUS } from '../directory/record.js'
import type { Candidate } from './candidate.js'

/** Each is compared as it is; one that is not given lets every service through. */
export interface CandidateFilter {
  readonly zone?: string | undefined
  readonly color?: string | undefined
  readonly cluster?: string | undefined
  readonly version?: string | undefined
  /** Leaves out the services of this process. Default: they take part. */
  readonly excludeSelf?: boolean | undefined
  /**
   * Where no service has the colour, cluster and version: choose among the others after all.
   * Default: the choice fails, so that no test version gets the traffic of the real one.
   */
  readonly fallThrough?: boolean | undefined
}

/** A service that waits or drains (status 2) gets no selected traffic. */
function isOpen({ record, isOwn }: Candidate, filter: CandidateFilter): boolean {
  if (record.status !== STATUS.UP) return false
  if (isOwn && filter.excludeSelf === true) return false
  return filter.zone === undefined || record.zone === filter.zone
}

function hasLabels({ record }: Candidate, { color, cluster, version }: CandidateFilter): boolean {
  return (
    (color === undefined || record.color === color) &&
    (cluster === undefined || record.cluster === cluster) &&
    (version === undefined || record.version === version)
  )
}

export function filterCandidates(
  candidates: readonly Candidate[],
  filter: CandidateFilter,
): Candidate[] {
  const open = candidates.filter((candidate) => isOpen(candidate, filter))
  const labelled = open.filter((candidate) => hasLabels(candidate, filter))
  return labelled.length === 0 && filter.fallThrough === true ? open : labelled
}

/** Whether both let the same services through, whatever the services are. */
export function isSameFilter(a: CandidateFilter, b: CandidateFilter): boolean {
  return (
    a.zone === b.zone &&
    a.color === b.color &&
    a.cluster === b.cluster &&
    a.version === b.version &&
    (a.excludeSelf === true) === (b.excludeSelf === true) &&
    (a.fallThrough === true) === (b.fallThrough === true)
  )
}

/** Only what filters, in one order: its owner may change the original, or keep more in it. */
export function copyOfFilter(filter: CandidateFilter): CandidateFilter {
  const { zone, color, cluster, version, excludeSelf, fallThrough } = filter
  return {
    zone,
    color,
    cluster,
    version,
    excludeSelf: excludeSelf === true,
    fallThrough: fallThrough === true,
  }
}
