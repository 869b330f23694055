// Results as a table for people: medians, spread, and the readings beside their aims.

import type { Aim, Cell, Measure, Question, Reading } from './question.js'
import type { CellResult } from './runner.js'
import { type Summary, summaryOf } from './statistics.js'

function show(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function showSummary({ median, least, most }: Summary, digits: number, spread: boolean): string {
  const middle = show(median, digits)
  return spread ? `${middle} [${show(least, digits)} - ${show(most, digits)}]` : middle
}

function valuesOf(result: CellResult, subject: string, key: string): number[] {
  return result.rounds.flatMap((round) => round.get(subject)?.[key] ?? [])
}

function rowOf(result: CellResult, subject: string, measures: readonly Measure[]): string[] {
  const numbers = measures.map(({ key, digits, spread }) => {
    const values = valuesOf(result, subject, key)
    return values.length === 0 ? '' : showSummary(summaryOf(values), digits, spread)
  })
  return [result.cell.name, subject, ...numbers]
}

/** The first two columns are words, the rest are numbers. */
function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0
        return column < 2 ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

function verdict(ratio: number, aim: Aim | undefined): string {
  if (aim === undefined) return ''
  const isMet = aim.kind === 'at_least' ? ratio >= aim.value : ratio <= aim.value
  const sign = aim.kind === 'at_least' ? '>=' : '<='
  return `aim ${sign} ${show(aim.value, 2)}: ${isMet ? 'met' : 'MISSED'}`
}

function readingRow<C extends Cell>(result: CellResult<C>, reading: Reading<C>): string[] {
  const values = result.rounds.flatMap((round) => reading.value(round, result.cell) ?? [])
  if (values.length === 0) return []
  const summary = summaryOf(values)
  const judged = verdict(summary.median, reading.aim?.(result.cell))
  return [result.cell.name, reading.title, showSummary(summary, 3, true), judged]
}

function readingLines(rows: readonly string[][]): string[] {
  if (rows.length === 0) return []
  return [...layOut([['', 'reading', 'median of the rounds [least - most]', ''], ...rows]), '']
}

/** Lines to print. The ratios are medians of the ratios of each round. */
export function reportOf<C extends Cell>(
  question: Question<C>,
  results: readonly CellResult<C>[],
): string[] {
  const measures = question.measures.filter(({ key }) =>
    results.some((result) =>
      question.subjects.some((subject) => valuesOf(result, subject, key).length > 0),
    ),
  )
  const head = ['', 'subject', ...measures.map(({ title }) => title)]
  const rows = results.flatMap((result) =>
    question.subjects
      .filter((subject) => question.isAsked?.(subject, result.cell) !== false)
      .map((subject) => rowOf(result, subject, measures)),
  )
  const readings = results.flatMap((result) =>
    question.readings.map((reading) => readingRow(result, reading)),
  )
  const failures = results.flatMap(({ failures }) => failures)
  const missing = Object.entries(results[0]?.missing ?? {})
  return [
    `${question.name}: ${question.title}`,
    '',
    ...layOut([head, ...rows]),
    '',
    ...readingLines(readings.filter((row) => row.length > 0)),
    ...question.notes,
    ...missing.map(([subject, why]) => `MISSING ${subject}: ${why}`),
    ...failures.map((failure) => `FAILED ${failure}`),
    '',
  ]
}
