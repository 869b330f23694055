// How many instructions a message costs in the ring and in the codec.

import { fileURLToPath } from 'node:url'
import { builtProgram } from '../bare/ring-program.js'
import { type CounterName, instructionsEach, missingCounter } from '../instruction-count.js'
import type { Cell, Question, Sample } from '../question.js'
import { sizeName } from './sizes.js'

interface SizeCell extends Cell {
  readonly payloadBytes: number
}

const CODEC = fileURLToPath(new URL('../bare/codec-program.js', import.meta.url))
/** Enough for the compiler of the engine to have done its work, by which all of them differ. */
const CODEC_MESSAGES = 2_000_000
const RING_BATCHES = 2_000
/** As in ring_count.cpp. */
const RING_BATCH_BYTES = 16 * 1024
const PREFIX_BYTES = 4

const COUNTER: Readonly<Record<string, CounterName>> = {
  'C++ ring': 'callgrind',
  codec: 'perf',
}

async function run(subject: string, { payloadBytes }: SizeCell): Promise<Sample> {
  const counter = COUNTER[subject]
  if (counter === undefined) throw new Error(`no subject ${subject}`)
  const size = String(payloadBytes)
  if (subject === 'codec') {
    const args = [CODEC, size]
    return { instructions: instructionsEach(counter, process.execPath, args, CODEC_MESSAGES) }
  }
  const program = builtProgram('ring_count.cpp')
  const each = instructionsEach(counter, program, [size], RING_BATCHES)
  const frames = Math.max(1, Math.floor(RING_BATCH_BYTES / (PREFIX_BYTES + payloadBytes)))
  return { instructions: each / frames }
}

export const instructions: Question<SizeCell> = {
  name: 'instructions',
  title: 'How many instructions does a message cost?',
  unit: 'instructions',
  notes: [
    'C++ ring: written and read in batches of 16 KiB by one thread, under valgrind --tool=callgrind.',
    'codec: a data message encoded and decoded in Node, by perf stat.',
    'Of twice the work less once the work: what starts and ends a program is left out.',
  ],
  cells: [64, 1024, 16 * 1024].map((payloadBytes) => ({
    name: sizeName(payloadBytes),
    quick: payloadBytes !== 1024,
    payloadBytes,
  })),
  subjects: Object.keys(COUNTER),
  missing: (subject) => {
    const counter = COUNTER[subject]
    return counter === undefined ? undefined : missingCounter(counter)
  },
  measures: [{ key: 'instructions', title: 'instructions/message', digits: 1, spread: true }],
  readings: [],
  run,
}
