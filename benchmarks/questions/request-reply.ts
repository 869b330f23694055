// How long a question and its answer take, and how many pairs a second pass.

import { measure, totalsOf } from '../measure.js'
import type { ProcessGroup } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { type BenchChannel, CHANNELS } from './sizes.js'

interface RequestCell extends Cell {
  readonly channel: BenchChannel
  readonly inFlight: number
}

const PAYLOAD_BYTES = 64
const IN_FLIGHT = [1, 64, 256]

const SPIN_MICROS = 50
/** Of issue 4, for one in flight. */
const SPINNING_AIM = { kind: 'at_most', value: 20 } as const

export const LATENCY_MEASURES = [
  { key: 'p50Us', title: 'p50 µs', digits: 1, spread: true },
  { key: 'p99Us', title: 'p99 µs', digits: 1, spread: true },
  { key: 'p999Us', title: 'p99.9 µs', digits: 1, spread: false },
  { key: 'pairsPerSecond', title: 'pairs/s', digits: 0, spread: false },
  { key: 'callCpu', title: 'caller CPU s/M', digits: 2, spread: false },
  { key: 'answerCpu', title: 'answerer CPU s/M', digits: 2, spread: false },
]

export interface RequestLink {
  readonly channel: BenchChannel | 'ring'
  readonly inFlight: number
  readonly payloadBytes: number
  /** The link moves to shared memory by itself; default: it stays on its socket. */
  readonly moves?: boolean
  /** How long its ends look for more before they sleep; default: not at all. */
  readonly spinMicros?: number
}

/** A caller that dials an answerer, over one link. */
export async function runRequests(
  kind: 'treebus' | 'bare',
  { channel, inFlight, payloadBytes, moves = false, spinMicros = 0 }: RequestLink,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const shared = { payloadBytes, inFlight, moves, spinMicros }
  const listen = processes.freeAddress(channel)
  const answerer = await processes.start(`${kind}-answerer`, { ...shared, id: 1, listen })
  const dial = answerer.address
  const caller = await processes.start(`${kind}-caller`, { ...shared, id: 2, dial })
  await caller.ask('begin')
  const [called, answered] = await measure([caller, answerer], span)
  if (called?.last.latency === undefined || answered === undefined) throw new Error('no latency')
  return {
    ...called.last.latency,
    pairsPerSecond: called.perSecond,
    callCpu: (called.cpuSeconds / called.count) * 1e6,
    answerCpu: (answered.cpuSeconds / answered.count) * 1e6,
    ...totalsOf([called, answered], undefined),
  }
}

export const requestReply: Question<RequestCell> = {
  name: 'request-reply',
  title: 'How long do a request of 64 B and its reply take?',
  unit: 'µs',
  notes: [
    'Closed loop: each reply is followed by the next request.',
    'treebus: request() and reply(), with a random 64-bit number, a time limit and a promise each.',
    'auto (ring): the same nodes, but the link has moved to shared memory by itself.',
    'auto, spinning: both ends look for 50 µs before they sleep (sharedMemorySpinMicros).',
    'bare net: frames made beforehand, told apart by 4 bytes; no time limit, no promise.',
  ],
  cells: CHANNELS.flatMap((channel) =>
    IN_FLIGHT.map((inFlight) => ({
      name: `${inFlight} in flight ${channel}`,
      quick: true,
      channel,
      inFlight,
    })),
  ),
  subjects: ['treebus', 'auto (ring)', 'auto, spinning', 'bare net'],
  measures: LATENCY_MEASURES,
  readings: [
    {
      title: 'treebus / bare net, p50',
      value: (round) => ratioOf(round, 'p50Us', 'treebus', 'bare net'),
    },
    {
      title: 'auto (ring) / treebus, p50',
      value: (round) => ratioOf(round, 'p50Us', 'auto (ring)', 'treebus'),
    },
    {
      title: 'auto, spinning, p50 µs',
      value: (round) => round.get('auto, spinning')?.['p50Us'],
      aim: ({ inFlight }) => (inFlight === 1 ? SPINNING_AIM : undefined),
    },
    {
      title: 'treebus / bare net, pairs/s',
      value: (round) => ratioOf(round, 'pairsPerSecond', 'treebus', 'bare net'),
    },
  ],
  run: (subject, { channel, inFlight }, span, processes) => {
    const moves = subject.startsWith('auto')
    const spinMicros = subject === 'auto, spinning' ? SPIN_MICROS : 0
    const link = { channel, inFlight, payloadBytes: PAYLOAD_BYTES, moves, spinMicros }
    return runRequests(subject === 'bare net' ? 'bare' : 'treebus', link, span, processes)
  },
}
