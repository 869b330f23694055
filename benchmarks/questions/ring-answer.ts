// How long a message over shared memory and its answer take, with a reader that sleeps or spins.

import { runRingProgram } from '../bare/ring-program.js'
import { measure } from '../measure.js'
import type { ProcessGroup } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { LATENCY_MEASURES } from './request-reply.js'

interface AnswerCell extends Cell {
  readonly inFlight: number
}

const PAYLOAD_BYTES = 64

/** Microseconds for which a thread looks before it sleeps. */
const SPINS: Readonly<Record<string, number>> = { doorbell: 0, adaptive: 50, spinning: 1e9 }

async function run(
  subject: string,
  { inFlight }: AnswerCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  if (subject === 'C++ doorbell') {
    return runRingProgram('answer', PAYLOAD_BYTES, inFlight, span)
  }
  const shared = { payloadBytes: PAYLOAD_BYTES, inFlight, spinMicros: SPINS[subject] ?? 0 }
  const listen = `ring://${processes.freeAddress('unix').slice('unix://'.length)}`
  const answerer = await processes.start('ring-answerer', { ...shared, listen })
  const caller = await processes.start('ring-caller', { ...shared, dial: answerer.address })
  await caller.ask('begin')
  const [called] = await measure([caller], span)
  if (called?.last.latency === undefined) throw new Error('no latency')
  return { ...called.last.latency, pairsPerSecond: called.perSecond }
}

export const ringAnswer: Question<AnswerCell> = {
  name: 'ring-answer',
  title: 'How long do 64 B over shared memory and their answer take?',
  unit: 'µs',
  notes: [
    'Closed loop: each answer is followed by the next message.',
    'doorbell, adaptive, spinning: Node at both ends; sleeping at once, after 50 µs, never.',
    'C++ doorbell: two processes over the same ring and bell, sleeping at once.',
  ],
  cells: [1, 100].map((inFlight) => ({ name: `${inFlight} in flight`, quick: true, inFlight })),
  subjects: ['doorbell', 'adaptive', 'spinning', 'C++ doorbell'],
  measures: LATENCY_MEASURES.filter(({ key }) => !key.endsWith('Cpu')),
  readings: [
    {
      title: 'doorbell / C++ doorbell, p50',
      value: (round) => ratioOf(round, 'p50Us', 'doorbell', 'C++ doorbell'),
      aim: ({ inFlight }) => (inFlight === 1 ? { kind: 'at_most', value: 1.2 } : undefined),
    },
    ...(['adaptive', 'spinning'] as const).map((subject) => ({
      title: `${subject}, p50 µs`,
      value: (round: ReadonlyMap<string, Sample>) => round.get(subject)?.p50Us,
      aim: ({ inFlight }: AnswerCell) =>
        inFlight === 1
          ? ({ kind: 'at_most', value: subject === 'adaptive' ? 20 : 2 } as const)
          : undefined,
    })),
    {
      title: 'doorbell, pairs/s',
      value: (round) => round.get('doorbell')?.pairsPerSecond,
      aim: ({ inFlight }) => (inFlight === 100 ? { kind: 'at_least', value: 2e6 } : undefined),
    },
  ],
  run,
}
