// How many messages a second one process sends another over shared memory.

import { DEFAULT_RING_OPTIONS } from '../../src/channel/ring-channel.js'
import { runRingProgram } from '../bare/ring-program.js'
import { cpuPerMillion, measure } from '../measure.js'
import type { ProcessGroup } from '../process-group.js'
import { type Aim, type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { ONE_WAY_MEASURES, runOneWay } from './one-way.js'
import { sizeName } from './sizes.js'

interface RingCell extends Cell {
  readonly payloadBytes: number
}

const SIZES = [64, 1024, 64 * 1024]

async function runRing(
  keeps: boolean,
  { payloadBytes }: RingCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const listen = `ring://${processes.freeAddress('unix').slice('unix://'.length)}`
  const sink = await processes.start('ring-sink', { payloadBytes, keeps, listen })
  const source = await processes.start('ring-source', { payloadBytes, dial: sink.address })
  await source.ask('begin')
  const [sent, received] = await measure([source, sink], span)
  if (sent === undefined || received === undefined) throw new Error('nothing was measured')
  return {
    perSecond: received.perSecond,
    sendCpu: cpuPerMillion(sent),
    receiveCpu: cpuPerMillion(received),
  }
}

async function run(
  subject: string,
  cell: RingCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const { payloadBytes } = cell
  if (subject === 'C++') {
    const { ringBytes } = DEFAULT_RING_OPTIONS
    const { perSecond = Number.NaN } = await runRingProgram('stream', payloadBytes, ringBytes, span)
    return { perSecond }
  }
  if (subject !== 'bare net') return runRing(subject === 'kept views', cell, span, processes)
  return runOneWay('bare', { channel: 'unix', payloadBytes }, span, processes)
}

/** Of issue 4: messages a second, or bytes where they are large. */
function aimOf(subject: string, { payloadBytes }: RingCell): Aim | undefined {
  if (payloadBytes === 64) return { kind: 'at_least', value: subject === 'in place' ? 50e6 : 30e6 }
  if (subject !== 'in place') return undefined
  return { kind: 'at_least', value: payloadBytes === 1024 ? 15e6 : 20e9 / payloadBytes }
}

export const ring: Question<RingCell> = {
  name: 'ring',
  title: 'How many messages a second does a process send another over shared memory?',
  unit: 'messages/s',
  notes: [
    'in place, kept views: ring connections of two Node processes; 4 bytes of length, payloads',
    '  written into the staging area, both ends of each touched by the receiver, in a buffer that is',
    '  used again, or as a view each in slabs that are not.',
    'C++: two processes over the same ring, batches of 64 KiB, copied out by the receiver.',
    'bare net: a unix socket, as in one-way.',
  ],
  cells: SIZES.map((payloadBytes) => ({
    name: sizeName(payloadBytes),
    quick: true,
    payloadBytes,
  })),
  subjects: ['in place', 'kept views', 'C++', 'bare net'],
  measures: ONE_WAY_MEASURES.filter(({ key }) => !key.endsWith('Rss')),
  readings: [
    ...['in place', 'kept views'].map((subject) => ({
      title: `${subject}, messages/s`,
      value: (round: ReadonlyMap<string, Sample>) => round.get(subject)?.perSecond,
      aim: (cell: RingCell) => aimOf(subject, cell),
    })),
    {
      title: 'in place / C++',
      value: (round) => ratioOf(round, 'perSecond', 'in place', 'C++'),
      aim: ({ payloadBytes }) =>
        payloadBytes === 64 ? { kind: 'at_least', value: 0.4 } : undefined,
    },
    {
      title: 'kept views / C++',
      value: (round) => ratioOf(round, 'perSecond', 'kept views', 'C++'),
      aim: ({ payloadBytes }) =>
        payloadBytes === 64 ? { kind: 'at_least', value: 0.2 } : undefined,
    },
    {
      title: 'in place / bare net',
      value: (round) => ratioOf(round, 'perSecond', 'in place', 'bare net'),
    },
  ],
  run,
}
