// How a routing table is best kept in memory.

import type { ProcessGroup } from '../process-group.js'
import type { Cell, Question, Sample, Span } from '../question.js'
import { TABLES } from '../route-tables/tables.js'

interface TableCell extends Cell {
  readonly records: number
}

const OURS = 'rows (ours)'
const MILLION = 1_000_000

async function run(
  subject: string,
  { records }: TableCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const process = await processes.start('route-table', { table: subject, records })
  const { figures = {} } = await process.mark()
  return figures
}

export const routeTables: Question<TableCell> = {
  name: 'route-tables',
  title: 'How is a routing table best kept in memory?',
  unit: 'bytes; ns',
  notes: [
    'Each table keeps all of a record: id, incarnation, attach, parent, hops, link. Ours also keeps',
    '  the chains of its sets and its ids. Heap and array buffers, after a collection.',
    'lookup: every id in random order, in one loop, best of three passes; 1,000,000 records do not',
    '  fit into the caches of the processor.',
  ],
  cells: [1_000, 10_000, 100_000, MILLION].map((records) => ({
    name: `${records.toLocaleString('en')} records`,
    quick: records === 10_000 || records === MILLION,
    records,
  })),
  subjects: Object.keys(TABLES),
  measures: [
    { key: 'bytes', title: 'B/record', digits: 1, spread: false },
    { key: 'insertNs', title: 'insert ns', digits: 1, spread: true },
    { key: 'lookupNs', title: 'lookup ns', digits: 1, spread: true },
  ],
  readings: [
    {
      title: 'bytes per record, ours',
      value: (round, { records }) => (records === MILLION ? round.get(OURS)?.['bytes'] : undefined),
      aim: () => ({ kind: 'at_most', value: 88 }),
    },
    {
      title: 'ns per lookup, ours',
      value: (round) => round.get(OURS)?.['lookupNs'],
      aim: () => ({ kind: 'at_most', value: 50 }),
    },
  ],
  run,
}
