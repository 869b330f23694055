// Runs a question: subjects in turn, round after round, each run in processes of its own.

import { ProcessGroup } from './process-group.js'
import type { Cell, Question, Sample, Span } from './question.js'

export interface RunOptions {
  readonly rounds: number
  readonly quick: boolean
  /** Only cells whose name has this in it. */
  readonly cell?: string | undefined
  /** For each process of a run. */
  readonly execArgv: readonly string[]
  /** Called before each run, with what the runner is about to do. */
  readonly onProgress: (line: string) => void
}

export interface CellResult<C extends Cell = Cell> {
  readonly cell: C
  /** One map from subject to sample for each round; a subject whose run failed is missing. */
  readonly rounds: readonly ReadonlyMap<string, Sample>[]
  readonly failures: readonly string[]
  /** Why a subject was not asked at all. */
  readonly missing: Readonly<Record<string, string>>
}

/** Short enough that five rounds of all questions end within two hours. */
const SPAN: Span = { warmUpMs: 500, measuredMs: 900 }

const live = new Set<ProcessGroup>()

/** For a runner that is being ended: nothing it started outlives it. */
export function killAll(): void {
  for (const processes of live) processes.kill()
}

async function runOnce<C extends Cell>(
  question: Question<C>,
  subject: string,
  cell: C,
  options: RunOptions,
): Promise<Sample> {
  const processes = new ProcessGroup(options.execArgv)
  live.add(processes)
  try {
    const sample = await question.run(subject, cell, SPAN, processes)
    for (const [key, value] of Object.entries(sample)) {
      if (!Number.isFinite(value)) throw new Error(`${key} is ${value}`)
    }
    return sample
  } finally {
    await processes.end()
    live.delete(processes)
  }
}

interface Present {
  readonly subjects: readonly string[]
  readonly missing: Readonly<Record<string, string>>
}

function presentOf<C extends Cell>(question: Question<C>): Present {
  const missing = Object.fromEntries(
    question.subjects.flatMap((subject) => {
      const why = question.missing?.(subject)
      return why === undefined ? [] : [[subject, why]]
    }),
  )
  return { subjects: question.subjects.filter((subject) => !(subject in missing)), missing }
}

async function runCell<C extends Cell>(
  question: Question<C>,
  { missing, subjects }: Present,
  cell: C,
  options: RunOptions,
): Promise<CellResult<C>> {
  const rounds: Map<string, Sample>[] = []
  const failures: string[] = []
  for (let round = 1; round <= options.rounds; round++) {
    const samples = new Map<string, Sample>()
    for (const subject of subjects) {
      if (question.isAsked?.(subject, cell) === false) continue
      const what = `${question.name}, ${cell.name}, round ${round}/${options.rounds}, ${subject}`
      options.onProgress(what)
      try {
        samples.set(subject, await runOnce(question, subject, cell, options))
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    rounds.push(samples)
  }
  return { cell, rounds, failures, missing }
}

function cellsOf<C extends Cell>(
  { cells }: Question<C>,
  { cell: part = '', quick }: Pick<RunOptions, 'cell' | 'quick'>,
): readonly C[] {
  return cells.filter(({ name, quick: isQuick }) => (isQuick || !quick) && name.includes(part))
}

/** How many runs a question takes. */
export function runsOf<C extends Cell>(
  question: Question<C>,
  options: Pick<RunOptions, 'cell' | 'quick' | 'rounds'>,
): number {
  const { subjects } = presentOf(question)
  const asked = cellsOf(question, options).map(
    (cell) => subjects.filter((subject) => question.isAsked?.(subject, cell) !== false).length,
  )
  return asked.reduce((sum, count) => sum + count, 0) * options.rounds
}

export async function runQuestion<C extends Cell>(
  question: Question<C>,
  options: RunOptions,
): Promise<readonly CellResult<C>[]> {
  const results: CellResult<C>[] = []
  const present = presentOf(question)
  for (const cell of cellsOf(question, options)) {
    results.push(await runCell(question, present, cell, options))
  }
  return results
}
