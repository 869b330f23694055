// How soon a process is part of the tree.

import type { ProcessGroup } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { nowMs } from '../role.js'
import { type BenchChannel, CHANNELS } from './sizes.js'

interface StartCell extends Cell {
  readonly what: 'first' | 'children'
  readonly channel: BenchChannel
}

const PAYLOAD_BYTES = 64
const CHILDREN = 200

async function run(
  subject: string,
  { channel, what }: StartCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const kind = subject === 'treebus' ? 'treebus' : 'bare'
  const listen = processes.freeAddress(channel)
  if (what === 'first') {
    const shared = { payloadBytes: PAYLOAD_BYTES }
    const sink = await processes.start(`${kind}-sink`, { ...shared, id: 1, listen })
    const startMs = nowMs()
    processes.launch(`${kind}-first`, { ...shared, id: 2, dial: sink.address })
    return { ms: (await sink.arrival()) - startMs }
  }
  const shared = { children: CHILDREN, payloadBytes: PAYLOAD_BYTES }
  const parent = await processes.start(`${kind}-parent`, { ...shared, id: 1, listen })
  const children = await processes.start(`${kind}-children`, { ...shared, dial: parent.address })
  await children.ask('begin')
  const [allAtMs, beganAtMs] = await Promise.all([parent.arrival(), children.arrival()])
  return { ms: allAtMs - beganAtMs }
}

export const startUp: Question<StartCell> = {
  name: 'start-up',
  title: 'How soon is a process part of the tree?',
  unit: 'ms',
  notes: [
    'first message: from the start of the process to its first message at a parent that runs.',
    `${CHILDREN} children: from the first start (all in one process) to the last registration at`,
    '  the parent; bare net, to the first frame of the last connection.',
  ],
  cells: CHANNELS.flatMap((channel) => [
    { name: `first message ${channel}`, quick: true, what: 'first' as const, channel },
    { name: `${CHILDREN} children ${channel}`, quick: true, what: 'children' as const, channel },
  ]),
  subjects: ['treebus', 'bare net'],
  measures: [{ key: 'ms', title: 'ms', digits: 1, spread: true }],
  readings: [
    {
      title: 'treebus / bare net, ms',
      value: (round) => ratioOf(round, 'ms', 'treebus', 'bare net'),
    },
  ],
  run,
}
