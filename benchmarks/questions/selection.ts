// What it costs to choose one service among many of a type.

import type { ProcessGroup } from '../process-group.js'
import type { Cell, Question, Reading, Sample, Span } from '../question.js'

interface SelectionCell extends Cell {
  readonly instances: number
}

const STRATEGIES = ['random', 'roundRobin', 'smooth', 'leastLoad', 'hash', 'consistentHash']
/** services.md: one choice among a thousand. */
const PICK_NS_MAX = 100

async function run(
  selector: string,
  { instances }: SelectionCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const process = await processes.start('selection', { selector, instances })
  const { figures = {} } = await process.mark()
  return figures
}

function readingOf(selector: string): Reading<SelectionCell> {
  return {
    title: `ns per pick, ${selector}`,
    value: (round) => round.get(selector)?.['pickNs'],
    aim: ({ instances }) =>
      instances === 1_000 ? { kind: 'at_most', value: PICK_NS_MAX } : undefined,
  }
}

export const selection: Question<SelectionCell> = {
  name: 'selection',
  title: 'What does it cost to choose one service?',
  unit: 'ns',
  notes: [
    'pick: Pipeline.select over one list, its result looked at; keys are whole numbers, another one',
    '  for each pick. Weights 1 to 10, two zones, no row; everyone is healthy.',
    '  The best of 400 passes of 10,000 picks.',
    'ailing pick: the same with one service below the best score, so that each pick asks for health.',
    'first pick: of a list not seen before: copied, sorted, calibrated and prepared for the strategy.',
  ],
  cells: [10, 1_000].map((instances) => ({
    name: `${instances.toLocaleString('en')} instances`,
    quick: true,
    instances,
  })),
  subjects: STRATEGIES,
  measures: [
    { key: 'pickNs', title: 'pick', digits: 1, spread: true },
    { key: 'ailingPickNs', title: 'ailing pick', digits: 1, spread: true },
    { key: 'firstPickNs', title: 'first pick', digits: 0, spread: false },
  ],
  readings: STRATEGIES.map(readingOf),
  run,
}
