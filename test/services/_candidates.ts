// Candidates of tests: services with what a test wants to say of them, and seeded chance.

import { type ServiceRecord, STATUS, WEIGHT_DEFAULT } from '../../src/directory/record.js'
import type { Candidate } from '../../src/services/candidate.js'

interface Wanted extends Partial<ServiceRecord> {
  readonly isOwn?: boolean
}

/** Its service id names it: node and instance follow from that. */
export function candidate(serviceId: number, { isOwn = false, ...wanted }: Wanted = {}): Candidate {
  const record: ServiceRecord = {
    env: 'test',
    app: 'lobby',
    zone: 'z1',
    instance: `i${serviceId}`,
    serviceId,
    name: '',
    addrs: [],
    ports: [],
    version: '',
    color: '',
    cluster: '',
    weight: WEIGHT_DEFAULT,
    metadata: '{}',
    status: STATUS.UP,
    adminState: '',
    overload: [],
    capacity: { total: 0, used: 0 },
    ...wanted,
  }
  return { node: BigInt(serviceId), record, isOwn }
}

/** Mulberry32: the same draws for the same seed. */
export function seededChance(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How often each number is there. */
export function countsOf(numbers: Iterable<number | undefined>): Map<number | undefined, number> {
  const counts = new Map<number | undefined, number>()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return counts
}
