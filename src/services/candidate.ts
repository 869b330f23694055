// One service somebody could choose: where it runs and what it says of itself.

import { recordKey, type ServiceRecord } from '../directory/record.js'

export interface Candidate {
  readonly node: bigint
  readonly record: ServiceRecord
  /** It runs in the process that chooses. */
  readonly isOwn: boolean
}

/** Names one service on one node: under this its health and its load are kept. */
export function targetKey({ node, record }: Candidate): string {
  return `${node}/${recordKey(record)}`
}

/** Ascending service ids, as `hash` and `roundRobin` count; without ids, nodes, then keys. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.record.serviceId !== b.record.serviceId) return a.record.serviceId - b.record.serviceId
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  const [keyA, keyB] = [recordKey(a.record), recordKey(b.record)]
  if (keyA === keyB) return 0
  return keyA < keyB ? -1 : 1
}
