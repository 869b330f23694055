// How soon two hundred children are back after their parent was killed and started again.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessGroup } from '../process-group.js'
import type { Cell, Question, Sample, Span } from '../question.js'
import { nowMs } from '../role.js'
import { type BenchChannel, CHANNELS } from './sizes.js'

interface ReconnectCell extends Cell {
  readonly channel: BenchChannel
}

const CHILDREN = 200
/** All have noticed, and have tried in vain. */
const AWAY_MS = 1_000

async function run(
  _subject: string,
  { channel }: ReconnectCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const shared = { children: CHILDREN, id: 1 }
  const listen = processes.freeAddress(channel)
  const first = await processes.start('treebus-parent', { ...shared, listen })
  const dial = first.address
  const children = await processes.start('treebus-children', { ...shared, dial })
  await children.ask('begin')
  await first.arrival()
  first.kill()
  await sleep(AWAY_MS)
  const before = await children.mark()
  const second = await processes.start('treebus-parent', { ...shared, listen: dial })
  const listensMs = nowMs()
  const backMs = await second.arrival()
  const after = await children.mark()
  const { cpuSeconds, peakRssMib } = await second.mark()
  return {
    ms: backMs - listensMs,
    parentCpuMs: cpuSeconds * 1_000,
    childrenCpuMs: (after.cpuSeconds - before.cpuSeconds) * 1_000,
    parentMib: peakRssMib,
  }
}

export const reconnect: Question<ReconnectCell> = {
  name: 'reconnect',
  title: `How soon are ${CHILDREN} children back after their parent was killed?`,
  unit: 'ms',
  notes: [
    'The parent is killed and started again at its address a second later; from when it listens',
    '  to the last of its children. Most of it is the pause between two attempts, which grows while',
    '  nobody answers, and differs from child to child so that they do not all come at once.',
  ],
  cells: CHANNELS.map((channel) => ({ name: channel, quick: channel === 'unix', channel })),
  subjects: ['treebus'],
  measures: [
    { key: 'ms', title: 'ms', digits: 1, spread: true },
    { key: 'parentCpuMs', title: "parent's CPU ms", digits: 1, spread: true },
    { key: 'childrenCpuMs', title: "children's CPU ms", digits: 1, spread: false },
    { key: 'parentMib', title: "parent's MiB", digits: 1, spread: false },
  ],
  readings: [],
  run,
}
