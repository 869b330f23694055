// Results made by hand, for what is computed from kept ones.

import type { KeptCell, Results } from '../../benchmarks/publish/results.js'
import type { Sample } from '../../benchmarks/question.js'

export const MACHINE: Results['machine'] = {
  cpuModel: 'Model',
  cores: 2,
  memoryMib: 2048,
  kernel: '6.1',
  node: 'v20.20.2',
  commit: 'abc',
  loadBefore: 0.1,
  versions: {},
  date: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench',
}

export function cellWith(
  name: string,
  rounds: readonly Readonly<Record<string, Sample>>[],
  missing: Readonly<Record<string, string>> = {},
): KeptCell {
  return { cell: { name, quick: true }, failures: [], missing, rounds }
}

/** One cell of one question and one figure of one subject, a value for each round. */
export function resultsOf(key: string, values: readonly number[], subject = 'treebus'): Results {
  const rounds = values.map((value) => ({ [subject]: { [key]: value } }))
  return { machine: MACHINE, questions: { question: [cellWith('cell', rounds)] } }
}
