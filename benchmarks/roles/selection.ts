// Chooses among services of one list for a while and says what a choice took.

import type { ServiceRecord } from '../../src/directory/record.js'
import { type Candidate, targetKey } from '../../src/services/candidate.js'
import { HealthTable } from '../../src/services/health-table.js'
import { Pipeline } from '../../src/services/pipeline.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/** A pass is shorter than a turn of the processor: some of them are not interrupted. */
const PICKS = 10_000
const PASSES = 400
const LISTS = 50

function listOf(instances: number): Candidate[] {
  return Array.from({ length: instances }, (_, place) => ({
    node: BigInt(place + 1),
    record: recordAt(place),
    isOwn: place === 0,
  }))
}

function recordAt(place: number): ServiceRecord {
  return {
    env: 'bench',
    app: 'lobby',
    zone: `z${place % 2}`,
    instance: `i${place}`,
    serviceId: place + 1,
    name: '',
    addrs: [],
    ports: [],
    version: '',
    color: '',
    cluster: '',
    weight: (place % 10) + 1,
    metadata: '{}',
    status: 1,
    adminState: '',
    overload: [place % 97],
    capacity: { total: 0, used: 0 },
  }
}

/** The best of some passes: what else runs on the machine only ever adds. */
function pickNs(pipeline: Pipeline, list: readonly Candidate[], selector: string): number {
  const options = { selector, key: 0 }
  let chosen = 0
  let bestMs = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < PASSES; pass += 1) {
    const startMs = performance.now()
    for (let pick = 0; pick < PICKS; pick += 1) {
      options.key = pick
      if (pipeline.select(list, options).kind === 'chosen') chosen += 1
    }
    bestMs = Math.min(bestMs, performance.now() - startMs)
  }
  if (chosen !== PICKS * PASSES) throw new Error('a choice was refused')
  return (bestMs / PICKS) * 1e6
}

function firstPickNs(pipeline: Pipeline, instances: number, selector: string): number {
  // Lists are made outside the time; each has another weight, so that nothing is carried over.
  const lists = Array.from({ length: LISTS }, (_, at) =>
    listOf(instances).map((one) => ({ ...one, record: { ...one.record, weight: at + 1 } })),
  )
  const startMs = performance.now()
  for (const list of lists) pipeline.select(list, { selector, key: 1 })
  return ((performance.now() - startMs) / LISTS) * 1e6
}

export async function startSelection(options: RoleOptions): Promise<Role> {
  const { selector = '', instances = 1 } = options
  const list = listOf(instances)
  const health = new HealthTable()
  const pipeline = new Pipeline({ ownZone: 'z0', chance: Math.random, health })
  pickNs(pipeline, list, selector)
  const healthy = pickNs(pipeline, list, selector)
  // One timeout leaves it above the mark where calls are refused: only the asking is added.
  health.timedOut(0, targetKey(list[0] as Candidate))
  pickNs(pipeline, list, selector)
  const ailing = pickNs(pipeline, list, selector)
  const first = firstPickNs(pipeline, instances, selector)
  const figures = { pickNs: healthy, ailingPickNs: ailing, firstPickNs: first }
  return { mark: () => ({ ...markOf(PICKS * PASSES), figures }) }
}
