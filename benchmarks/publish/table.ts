// The README's table: a row for each subject; where a peer is better than treebus, it is in bold.

import { COLUMNS, type Column, kindOf, PICTURES, README_PICTURES } from './figures.js'
import { cellOf, provenanceOf, type Results, subjectsOf, summaryIn } from './results.js'
import { written } from './scale.js'

const BEGIN = '<!-- benchmarks: written by npm run bench:report -->'
const END = '<!-- benchmarks: end -->'

function medianOf(results: Results, column: Column, subject: string): number | undefined {
  const cell = cellOf(results, column.question, column.cell)
  const median = cell === undefined ? undefined : summaryIn(cell, subject, column.key)?.median
  return median
}

function subjectsIn(results: Results): readonly string[] {
  const found = COLUMNS.flatMap(({ cell, question }) => {
    const kept = cellOf(results, question, cell)
    return kept === undefined ? [] : subjectsOf(kept)
  })
  return [...new Set(found)]
}

/** The best of treebus in a column; undefined where it was not measured. */
function bestOfOurs(
  results: Results,
  column: Column,
  subjects: readonly string[],
): number | undefined {
  const ours = subjects
    .filter((subject) => kindOf(subject) === 'ours')
    .flatMap((subject) => medianOf(results, column, subject) ?? [])
  if (ours.length === 0) return undefined
  return column.better === 'more' ? Math.max(...ours) : Math.min(...ours)
}

function entryOf(value: number | undefined, { better }: Column, isBetter: boolean): string {
  if (value === undefined) return '-'
  const words = written(value, better === 'more' ? 'count' : 'duration')
  return isBetter ? `**${words}**` : words
}

export function tableOf(results: Results): string {
  const subjects = subjectsIn(results)
  const columns = COLUMNS.filter(({ cell, question }) => cellOf(results, question, cell))
  const bests = columns.map((column) => bestOfOurs(results, column, subjects))
  const rows = subjects.map((subject) => {
    const entries = columns.map((column, index) => {
      const value = medianOf(results, column, subject)
      const best = bests[index]
      const isRival = kindOf(subject) === 'peer' && value !== undefined && best !== undefined
      const isBetter = isRival && (column.better === 'more' ? value > best : value < best)
      return entryOf(value, column, isBetter)
    })
    return `| ${[subject, ...entries].join(' | ')} |`
  })
  const titles = ['', ...columns.map(({ title }) => title)]
  return [
    `| ${titles.join(' | ')} |`,
    `|---|${columns.map(() => '---:|').join('')}`,
    ...rows,
    '',
    ...captionOf(results, columns),
  ].join('\n')
}

function captionOf(results: Results, columns: readonly Column[]): string[] {
  const rounds = columns.map(
    (column) => cellOf(results, column.question, column.cell)?.rounds.length,
  )
  const least = Math.min(...rounds.map((count) => count ?? 0))
  const missing = Object.values(results.questions).flatMap((cells) =>
    cells.flatMap((cell) => Object.entries(cell.missing)),
  )
  const absent = [...new Map(missing)].map(([subject, why]) => `${subject} is missing: ${why}.`)
  return [
    `Medians of ${least} or more interleaved rounds; **bold**: a peer that is better than the best of treebus.`,
    'Bare `net` is the yardstick, not a rival: it has no addresses, no routes, no answers.',
    ...absent,
    `Machine: ${provenanceOf(results)}.`,
  ]
}

/** Pictures of what was measured, below the table. */
function imagesOf(results: Results): string {
  const shown = PICTURES.filter(
    ({ cell, file, question }) =>
      README_PICTURES.some((name) => name === file) && cellOf(results, question, cell),
  )
  return shown.map(({ file, plot }) => `![${plot.title}](docs/benchmarks/${file})`).join('\n\n')
}

/** `page` with what stands between the marks written anew. */
export function withTable(page: string, results: Results): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`no place for the table: ${BEGIN}`)
  const block = `${tableOf(results)}\n\n${imagesOf(results)}`
  return `${page.slice(0, begin + BEGIN.length)}\n\n${block}\n\n${page.slice(end)}`
}
