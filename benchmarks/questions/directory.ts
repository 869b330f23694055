// What a registry costs: its list, a snapshot of it, and one change for everybody who watches.

import type { ProcessGroup } from '../process-group.js'
import type { Cell, Question, Sample, Span } from '../question.js'

interface DirectoryCell extends Cell {
  readonly records: number
  readonly watchers: number
}

const OURS = 'registry'

async function run(
  _subject: string,
  { records, watchers }: DirectoryCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const process = await processes.start('directory-registry', { records, watchers })
  const { figures = {} } = await process.mark()
  return figures
}

export const directory: Question<DirectoryCell> = {
  name: 'directory',
  title: 'What does a registry cost?',
  unit: 'ms of processor time; bytes',
  notes: [
    'One node with one service for each record, as decoded from what a node sends. Without a link:',
    '  what the registry decides, and the bytes of every message; a link costs as in one-way.',
    'fan-out: one node registers anew, and each watcher is told; the median of 20.',
    'B/record: heap and array buffers, after a collection. decode: the snapshot at its receiver.',
    'per change: messages between registries for one registration, of 3 and of 3 + 3 registries.',
  ],
  cells: [
    { name: '10,000 records, 1,000 watchers', quick: true, records: 10_000, watchers: 1_000 },
    { name: '1,000 records, 100 watchers', quick: false, records: 1_000, watchers: 100 },
  ],
  subjects: [OURS],
  measures: [
    { key: 'fanOutMs', title: 'fan-out ms', digits: 2, spread: true },
    { key: 'fanOut', title: 'messages', digits: 0, spread: false },
    { key: 'snapshotMs', title: 'snapshot ms', digits: 1, spread: true },
    { key: 'decodeMs', title: 'decode ms', digits: 1, spread: true },
    { key: 'snapshotBytes', title: 'B/record sent', digits: 0, spread: false },
    { key: 'bytes', title: 'B/record held', digits: 0, spread: false },
    { key: 'inZone', title: 'per change of 3', digits: 0, spread: false },
    { key: 'inZones', title: 'of 3 + 3', digits: 0, spread: false },
  ],
  readings: [
    {
      title: 'messages per change / (registries - 1)',
      value: (round) => {
        const { inZone = 0, inZones = 0 } = round.get(OURS) ?? {}
        return Math.max(inZone / 2, inZones / 5)
      },
      aim: () => ({ kind: 'at_most', value: 1 }),
    },
  ],
  run,
}
