// Two results of the same work: by how much each figure has changed, and how sure that is.

import type { KeptCell, Results } from '../publish/results.js'
import { subjectsOf, valuesIn } from '../publish/results.js'
import { summaryOf } from '../statistics.js'
import { confidenceOf } from './bootstrap.js'

/** More is better of these; of all others less is. */
const MORE_IS_BETTER = new Set(['perSecond', 'pairsPerSecond'])

/** Noise of a machine that others use too: below this a change is not called a loss. */
export const TOLERANCE = 0.05

/** Values of a side below which nothing can be said. */
export const ROUNDS_MIN = 3

export interface Change {
  readonly where: string
  readonly key: string
  /** New by old, of the medians; above 1 is better, whichever way the figure counts. */
  readonly gain: number
  /** Of `gain`, at 99 %. */
  readonly least: number
  readonly most: number
  readonly verdict: 'loss' | 'gain' | 'same' | 'too few rounds'
}

function verdictOf(least: number, most: number): Change['verdict'] {
  if (most < 1 - TOLERANCE) return 'loss'
  return least > 1 + TOLERANCE ? 'gain' : 'same'
}

function changeOf(
  where: string,
  key: string,
  before: readonly number[],
  after: readonly number[],
): Change {
  const [top, bottom] = MORE_IS_BETTER.has(key) ? [after, before] : [before, after]
  const gain = summaryOf(top).median / summaryOf(bottom).median
  if (Math.min(top.length, bottom.length) < ROUNDS_MIN) {
    return { where, key, gain, least: Number.NaN, most: Number.NaN, verdict: 'too few rounds' }
  }
  const { least, most } = confidenceOf(top, bottom)
  return { where, key, gain, least, most, verdict: verdictOf(least, most) }
}

function changesOfCell(question: string, before: KeptCell, after: KeptCell): Change[] {
  const name = after.cell.name
  return subjectsOf(after).flatMap((subject) => {
    const keys = new Set(after.rounds.flatMap((round) => Object.keys(round[subject] ?? {})))
    return [...keys].flatMap((key) => {
      const sides = [valuesIn(before, subject, key), valuesIn(after, subject, key)] as const
      // A figure of nothing, or none at all, has no ratio.
      if (sides.some((values) => values.length === 0 || summaryOf(values).median <= 0)) return []
      return [changeOf(`${question}, ${name}, ${subject}`, key, ...sides)]
    })
  })
}

/** Of all that both have measured. */
export function changesOf(before: Results, after: Results): readonly Change[] {
  return Object.entries(after.questions).flatMap(([question, cells]) =>
    cells.flatMap((cell) => {
      const old = before.questions[question]?.find(({ cell: { name } }) => name === cell.cell.name)
      return old === undefined ? [] : changesOfCell(question, old, cell)
    }),
  )
}

/** What was measured before and is not now, in a question that both have asked. */
export function vanishedOf(before: Results, after: Results): readonly string[] {
  return Object.entries(after.questions).flatMap(([question, cells]) =>
    cells.flatMap((cell) => {
      const old = before.questions[question]?.find(({ cell: { name } }) => name === cell.cell.name)
      const now = new Set(subjectsOf(cell))
      const was = old === undefined ? [] : subjectsOf(old)
      return was
        .filter((subject) => !now.has(subject))
        .map((subject) => `${question}, ${cell.cell.name}, ${subject}`)
    }),
  )
}
