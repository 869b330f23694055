// What it brings to send and receive many messages at a time, and what shared memory does.

import { cpuPerMillion, measure } from '../measure.js'
import type { ProcessGroup } from '../process-group.js'
import { type Aim, type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { ONE_WAY_MEASURES } from './one-way.js'
import { sizeName } from './sizes.js'

interface BatchesCell extends Cell {
  readonly channel: 'tcp' | 'unix' | 'ring'
  readonly payloadBytes: number
}

const SUBJECTS = ['plain singly', 'plain batches', 'singly', 'batches'] as const

async function run(
  subject: string,
  { channel, payloadBytes }: BatchesCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const isPlain = subject.startsWith('plain')
  const shared = { payloadBytes, batches: subject.endsWith('batches'), plain: isPlain }
  const listen = processes.freeAddress(channel)
  const sink = await processes.start('treebus-sink', { ...shared, id: 1, listen })
  const burst = Math.max(4, Math.min(1024, Math.floor((256 * 1024) / payloadBytes)))
  const dial = sink.address
  const source = await processes.start('treebus-source', { ...shared, id: 2, dial, burst })
  await source.ask('begin')
  const [sent, received] = await measure([source, sink], span)
  if (sent === undefined || received === undefined) throw new Error('nothing was measured')
  return {
    perSecond: received.perSecond,
    sendCpu: cpuPerMillion(sent),
    receiveCpu: cpuPerMillion(received),
    sendRss: sent.peakRssMib,
    receiveRss: received.peakRssMib,
  }
}

/** Of issue 4: messages a second of 64 B, bytes a second of 64 KiB. */
function aimOf(subject: string, { channel, payloadBytes }: BatchesCell): Aim | undefined {
  const isRing = channel === 'ring'
  if (payloadBytes === 64 * 1024) {
    return { kind: 'at_least', value: (isRing ? 10e9 : 2e9) / payloadBytes }
  }
  if (payloadBytes !== 64) return undefined
  if (subject.startsWith('plain')) return isRing ? undefined : { kind: 'at_least', value: 4e6 }
  if (subject === 'batches') return { kind: 'at_least', value: isRing ? 20e6 : 10e6 }
  return { kind: 'at_least', value: isRing ? 8e6 : 4e6 }
}

export const batches: Question<BatchesCell> = {
  name: 'batches',
  title: 'How many messages a second does a node send its neighbour, one by one and in batches?',
  unit: 'messages/s',
  notes: [
    'plain: both nodes speak as libatbus nodes do, in frames; else in records.',
    'singly: BusNode.send and an event for each message; it reads from, type and payload.length.',
    'batches: sendMany and the batch event; it reads from, type, length and both ends of the payload',
    '  in place. A turn of the sender is 256 KiB, 4 to 1,024 messages, in both.',
  ],
  cells: (['tcp', 'unix', 'ring'] as const).flatMap((channel) =>
    [64, 1024, 64 * 1024].map((payloadBytes) => ({
      name: `${sizeName(payloadBytes)} ${channel}`,
      quick: payloadBytes !== 1024,
      channel,
      payloadBytes,
    })),
  ),
  subjects: SUBJECTS,
  measures: ONE_WAY_MEASURES,
  readings: [
    ...SUBJECTS.map((subject) => ({
      title: `${subject}, messages/s`,
      value: (round: ReadonlyMap<string, Sample>) => round.get(subject)?.['perSecond'],
      aim: (cell: BatchesCell) => aimOf(subject, cell),
    })),
    ...(['singly', 'batches'] as const).flatMap((subject) =>
      (['sendCpu', 'receiveCpu'] as const).map((key) => ({
        title: `${subject} / plain ${subject}, CPU of ${key === 'sendCpu' ? 'sender' : 'receiver'}`,
        value: (round: ReadonlyMap<string, Sample>) =>
          ratioOf(round, key, subject, `plain ${subject}`),
      })),
    ),
  ],
  run,
}
