// What a question of the suite is: cells to measure, subjects to compare, readings with their aims.

import type { ProcessGroup } from './process-group.js'

/** One run of one subject gives these numbers, by the key of a measure. */
export type Sample = Readonly<Record<string, number>>

/** How long one run lasts. The warm-up happens in the same processes, before the measured span. */
export interface Span {
  readonly warmUpMs: number
  readonly measuredMs: number
}

export interface Cell {
  readonly name: string
  /** Part of `--quick`. */
  readonly quick: boolean
}

export interface Measure {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Print least and most beside the median. */
  readonly spread: boolean
}

export interface Aim {
  readonly kind: 'at_least' | 'at_most'
  readonly value: number
}

/** What is computed from all subjects of one round, so that what disturbs a round disturbs both. */
export interface Reading<C extends Cell = Cell> {
  readonly title: string
  /** `undefined` where the reading says nothing for this cell. */
  value(round: ReadonlyMap<string, Sample>, cell: C): number | undefined
  aim?(cell: C): Aim | undefined
}

export interface Question<C extends Cell = Cell> {
  readonly name: string
  readonly title: string
  readonly unit: string
  /** What each subject does for a message; printed under the table. */
  readonly notes: readonly string[]
  readonly cells: readonly C[]
  readonly subjects: readonly string[]
  /** Those of `subjects` that `--against` chooses from. */
  readonly peers?: readonly string[]
  /** What this machine lacks for a subject: it is left out, and the result says so. */
  missing?(subject: string): string | undefined
  /** Whether a subject is asked in a cell; absent is yes. */
  isAsked?(subject: string, cell: C): boolean
  readonly measures: readonly Measure[]
  readonly readings: readonly Reading<C>[]
  /** `processes` are fresh and end with the run. */
  run(subject: string, cell: C, span: Span, processes: ProcessGroup): Promise<Sample>
}

export function ratioOf(
  round: ReadonlyMap<string, Sample>,
  key: string,
  subject: string,
  yardstick: string,
): number | undefined {
  const above = round.get(subject)?.[key]
  const below = round.get(yardstick)?.[key]
  return above === undefined || below === undefined ? undefined : above / below
}
