// A picture of figures side by side: for each subject a dot for the median, a line for the spread.

import type { Summary } from '../statistics.js'
import { type Axis, axisOf, placeOn, shortNumber, written } from './scale.js'
import { element, svgOf, text } from './svg.js'

export interface DotRow {
  readonly label: string
  /** Draws the eye to what is ours; yardsticks are pale. */
  readonly kind: 'ours' | 'peer' | 'yardstick'
  readonly unit: 'count' | 'duration'
  /** In the order of the series. */
  readonly figures: readonly Summary[]
}

export interface DotPlot {
  readonly title: string
  readonly axisTitle: string
  readonly axis: Axis['kind']
  /** Names of the dots of one row; the first is filled. */
  readonly series: readonly string[]
  readonly rows: readonly DotRow[]
  readonly footer: string
}

const WIDTH = 760
const LABEL_WIDTH = 130
/** For each figure that is written out. */
const VALUE_WIDTH = 84
const TOP = 62
const ROW = 24
const LEFT = LABEL_WIDTH + 10

export function dotPlot(plot: DotPlot): string {
  const values = plot.rows.flatMap(({ figures }) =>
    figures.flatMap(({ least, most }) => [least, most]),
  )
  const axis = axisOf(plot.axis, values)
  const bottom = TOP + plot.rows.length * ROW + 6
  const right = WIDTH - VALUE_WIDTH * plot.series.length
  const across = (value: number): number => LEFT + placeOn(axis, value) * (right - LEFT)
  const body = [
    text(12, 24, plot.title, 'title'),
    ...legend(plot.series),
    ...grid(axis, across, bottom),
    text((LEFT + right) / 2, bottom + 34, axisTitleOf(plot), 'middle'),
    ...plot.rows.flatMap((row, index) => rowOf(row, across, TOP + index * ROW + ROW / 2)),
  ]
  return svgOf({ width: WIDTH, height: bottom + 74, title: plot.title, body, footer: plot.footer })
}

function axisTitleOf({ axis, axisTitle }: DotPlot): string {
  return axis === 'log' ? `${axisTitle} (logarithmic)` : axisTitle
}

function legend(series: readonly string[]): string[] {
  if (series.length < 2) return []
  return series.flatMap((name, index) => {
    const x = LEFT + index * 110
    return [dot(x, 43, 'ours', index), text(x + 10, 47, name)]
  })
}

function grid(axis: Axis, across: (value: number) => number, bottom: number): string[] {
  return axis.ticks.flatMap((tick) => {
    const x = across(tick)
    return [
      element('line', { x1: x, x2: x, y1: TOP - 4, y2: bottom, class: 'grid' }),
      text(x, bottom + 16, tick === 0 ? '0' : shortNumber(tick), 'middle'),
    ]
  })
}

function dot(x: number, y: number, kind: string, series: number): string {
  const name = series === 0 ? `dot ${kind}` : `ring ${kind}`
  return element('circle', { cx: x, cy: y, r: 4.5, class: name })
}

function rowOf(row: DotRow, across: (value: number) => number, y: number): string[] {
  const { figures, kind, label } = row
  const marks = figures.flatMap(({ least, median, most }, series) => [
    element('line', { x1: across(least), x2: across(most), y1: y, y2: y, class: `bar ${kind}` }),
    dot(across(median), y, kind, series),
  ])
  const said = figures.map(({ median }) => written(median, row.unit)).join(' / ')
  return [
    text(LABEL_WIDTH, y + 4, label, kind === 'ours' ? 'end strong' : 'end'),
    ...marks,
    text(WIDTH - 8, y + 4, said, kind === 'ours' ? 'end strong' : 'end'),
  ]
}
