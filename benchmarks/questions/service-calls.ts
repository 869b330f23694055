// What a call of a service by its type costs, beside what others take for the same.

import { WARM_UP_CALLS } from '../call-loop.js'
import { measure, warmedUp } from '../measure.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import {
  type Aim,
  type Cell,
  type Question,
  type Reading,
  ratioOf,
  type Sample,
  type Span,
} from '../question.js'
import type { RoleOptions } from '../role.js'
import { LATENCY_MEASURES } from './request-reply.js'

interface CallCell extends Cell {
  readonly inFlight: number
  /** The service is in the process that calls. */
  readonly isLocal: boolean
}

const PAYLOAD_BYTES = 64
const IN_FLIGHT = [1, 64]

/** The processes of a run that call and answer, the caller first. */
type Play = (
  cell: CallCell,
  shared: RoleOptions,
  processes: ProcessGroup,
) => Promise<readonly RoleProcess[]>

const PLAYS: Readonly<Record<string, Play>> = {
  treebus: async ({ isLocal }, shared, processes) => {
    if (isLocal) return [await processes.start('service-caller', shared)]
    const listen = processes.freeAddress('tcp')
    const answerer = await processes.start('service-answerer', { ...shared, id: 1, listen })
    const dial = answerer.address
    return [await processes.start('service-caller', { ...shared, id: 2, dial }), answerer]
  },
  nats: async ({ isLocal }, shared, processes) => {
    if (isLocal) throw new Error('its server always lies between')
    const { address: dial } = await processes.start('nats-server', {})
    const answerer = await processes.start('nats-answerer', { ...shared, dial })
    return [await processes.start('nats-caller', { ...shared, dial }), answerer]
  },
  moleculer: async ({ isLocal }, shared, processes) => {
    if (isLocal) return [await processes.start('moleculer-caller', shared)]
    const answerer = await processes.start('moleculer-answerer', shared)
    const dial = answerer.address
    return [await processes.start('moleculer-caller', { ...shared, dial }), answerer]
  },
}

async function run(
  subject: string,
  cell: CallCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const { inFlight } = cell
  const shared = { payloadBytes: PAYLOAD_BYTES, inFlight, warmUpCalls: WARM_UP_CALLS }
  const players = (await PLAYS[subject]?.(cell, shared, processes)) ?? []
  await players[0]?.ask('begin')
  if (players[0] !== undefined) await warmedUp(players[0])
  const [called, answered] = await measure(players, span)
  if (called?.last.latency === undefined) throw new Error('no latency')
  return {
    ...called.last.latency,
    pairsPerSecond: called.perSecond,
    callCpu: (called.cpuSeconds / called.count) * 1e6,
    answerCpu: ((answered?.cpuSeconds ?? 0) / called.count) * 1e6,
  }
}

/** Our part of theirs: from `rateAim` on at 64 in flight, and below 1 for the time of one. */
function readingsAgainst(rival: string, rateAim: number): readonly Reading<CallCell>[] {
  const atLeast = ({ isLocal, inFlight }: CallCell): Aim | undefined =>
    isLocal || inFlight === 1 ? undefined : { kind: 'at_least', value: rateAim }
  const below = ({ isLocal, inFlight }: CallCell): Aim | undefined =>
    isLocal || inFlight > 1 ? undefined : { kind: 'at_most', value: 1 }
  return [
    {
      title: `treebus / ${rival}, calls/s`,
      value: (round) => ratioOf(round, 'pairsPerSecond', 'treebus', rival),
      aim: atLeast,
    },
    {
      title: `treebus / ${rival}, p50`,
      value: (round) => ratioOf(round, 'p50Us', 'treebus', rival),
      aim: below,
    },
    {
      title: `treebus / ${rival}, p99`,
      value: (round) => ratioOf(round, 'p99Us', 'treebus', rival),
    },
  ]
}

function cellsOf(isLocal: boolean): CallCell[] {
  return IN_FLIGHT.map((inFlight) => ({
    name: `${inFlight} in flight`,
    quick: true,
    inFlight,
    isLocal,
  }))
}

export const serviceCalls: Question<CallCell> = {
  name: 'service-calls',
  title: 'How long does a call of a service in another process take, with 64 B each way?',
  unit: 'µs',
  notes: [
    'Closed loop: each answer is followed by the next call. Time limit and promise for each call.',
    `Before that ${WARM_UP_CALLS.toLocaleString('en')} calls, 64 at a time: all subjects are measured compiled.`,
    'treebus: the type is chosen from for each call; TCP, the default settings of a node, bytes.',
    'moleculer: its TCP transporter, no broker between, JSON; nats: its server between, bytes.',
    'Both are those of benchmarks/package.json (npm run bench:install); nats-server from PATH.',
  ],
  cells: cellsOf(false),
  subjects: Object.keys(PLAYS),
  measures: LATENCY_MEASURES,
  readings: [...readingsAgainst('moleculer', 10), ...readingsAgainst('nats', 5)],
  run,
}

export const localCalls: Question<CallCell> = {
  name: 'local-calls',
  title: 'How long does a call of a service in the same process take, with 64 B each way?',
  unit: 'µs',
  notes: ['As service-calls, in one process; each caller lets the loop turn every 256 calls.'],
  cells: cellsOf(true),
  subjects: Object.keys(PLAYS).filter((subject) => subject !== 'nats'),
  measures: LATENCY_MEASURES.filter(({ key }) => key !== 'answerCpu'),
  readings: readingsAgainst('moleculer', 1),
  run,
}
