// How many messages a second one node sends to its neighbour.

import { cpuPerMillion, measure, totalsOf } from '../measure.js'
import type { ProcessGroup } from '../process-group.js'
import { type Aim, type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { type BenchChannel, batchOf, burstOf, CHANNELS, sizeName } from './sizes.js'

export interface Link {
  readonly channel: BenchChannel | 'ring'
  readonly payloadBytes: number
  /** Many messages in one call, and in one event. */
  readonly batches?: boolean
}

export interface OneWayCell extends Cell {
  readonly channel: BenchChannel
  readonly payloadBytes: number
}

const SIZES = [16, 64, 1024, 16 * 1024, 64 * 1024]
const QUICK_SIZES = new Set([64, 64 * 1024])

export const ONE_WAY_MEASURES = [
  { key: 'perSecond', title: 'messages/s', digits: 0, spread: true },
  { key: 'sendCpu', title: 'sender CPU s/M', digits: 3, spread: false },
  { key: 'receiveCpu', title: 'receiver CPU s/M', digits: 3, spread: false },
  { key: 'sendRss', title: 'sender MiB', digits: 0, spread: false },
  { key: 'receiveRss', title: 'receiver MiB', digits: 0, spread: false },
]

/** A source that dials a sink, over one link. */
export async function runOneWay(
  kind: 'treebus' | 'bare',
  { batches, channel, payloadBytes }: Link,
  span: Span,
  processes: ProcessGroup,
  cipher?: string,
  moves = false,
): Promise<Sample> {
  const many = batches === true ? { batches } : {}
  const sealed = cipher === undefined ? {} : { cipher }
  const shared = { payloadBytes, moves, ...many, ...sealed }
  const listen = processes.freeAddress(channel)
  const sink = await processes.start(`${kind}-sink`, { ...shared, id: 1, listen })
  const burst = batches === true ? batchOf(payloadBytes) : burstOf(payloadBytes)
  const dial = sink.address
  const source = await processes.start(`${kind}-source`, { ...shared, id: 2, dial, burst })
  await source.ask('begin')
  const [sent, received] = await measure([source, sink], span)
  if (sent === undefined || received === undefined) throw new Error('nothing was measured')
  return {
    perSecond: received.perSecond,
    sendCpu: cpuPerMillion(sent),
    receiveCpu: cpuPerMillion(received),
    sendRss: sent.peakRssMib,
    receiveRss: received.peakRssMib,
    ...totalsOf([sent, received], undefined),
  }
}

/** Half of the yardstick at 64 B; a third at 64 KiB, where murmur3 is paid on both sides. */
function aimOf({ payloadBytes }: OneWayCell): Aim | undefined {
  if (payloadBytes === 64) return { kind: 'at_least', value: 0.5 }
  return payloadBytes === 64 * 1024 ? { kind: 'at_least', value: 1 / 3 } : undefined
}

export const oneWay: Question<OneWayCell> = {
  name: 'one-way',
  title: 'How many messages a second does a node send to its neighbour?',
  unit: 'messages/s',
  notes: [
    'treebus: BusNode.send in bursts, `writable` after `full`; the handler reads from, type and',
    '  payload.length. Every payload is copied once; between our own kind nothing is hashed.',
    'auto (ring): the same nodes, but the link has moved to shared memory by itself.',
    'bare net: 4 bytes of length, one write per message of one buffer made beforehand, corked once',
    '  per turn, `drain`; onread into one reused buffer. No copy, no hash, no addresses.',
  ],
  cells: CHANNELS.flatMap((channel) =>
    SIZES.map((payloadBytes) => ({
      name: `${sizeName(payloadBytes)} ${channel}`,
      quick: QUICK_SIZES.has(payloadBytes),
      channel,
      payloadBytes,
    })),
  ),
  subjects: ['treebus', 'auto (ring)', 'bare net'],
  measures: ONE_WAY_MEASURES,
  readings: [
    {
      title: 'treebus / bare net, messages/s',
      value: (round) => ratioOf(round, 'perSecond', 'treebus', 'bare net'),
      aim: aimOf,
    },
    {
      title: 'auto (ring) / treebus, messages/s',
      value: (round) => ratioOf(round, 'perSecond', 'auto (ring)', 'treebus'),
    },
    {
      title: 'treebus / bare net, CPU of sender',
      value: (round) => ratioOf(round, 'sendCpu', 'treebus', 'bare net'),
    },
    {
      title: 'treebus / bare net, CPU of receiver',
      value: (round) => ratioOf(round, 'receiveCpu', 'treebus', 'bare net'),
    },
  ],
  run: (subject, cell, span, processes) => {
    const kind = subject === 'bare net' ? 'bare' : 'treebus'
    return runOneWay(kind, cell, span, processes, undefined, subject === 'auto (ring)')
  },
}
