// A picture of figures over payload sizes: a line for each subject, named at its end.

import type { Summary } from '../statistics.js'
import { axisOf, placeOn, shortNumber } from './scale.js'
import { element, svgOf, text } from './svg.js'

export interface SizeLine {
  readonly label: string
  readonly kind: 'ours' | 'peer' | 'yardstick'
  readonly points: readonly { readonly bytes: number; readonly figure: Summary }[]
}

export interface LinePlot {
  readonly title: string
  readonly axisTitle: string
  readonly lines: readonly SizeLine[]
  readonly sizeName: (bytes: number) => string
  readonly footer: string
}

const WIDTH = 760
const TOP = 44
const BOTTOM = 404
const LEFT = 64
const RIGHT = WIDTH - 130
const LABEL_STEP = 15

export function linePlot(plot: LinePlot): string {
  const points = plot.lines.flatMap((line) => line.points)
  const vertical = axisOf(
    'log',
    points.flatMap(({ figure }) => [figure.least, figure.most]),
  )
  const sizes = [...new Set(points.map(({ bytes }) => bytes))].sort((a, b) => a - b)
  const [first = 1, last = 2] = [sizes[0], sizes.at(-1)]
  const across = (bytes: number): number =>
    LEFT + (Math.log(bytes / first) / Math.log(last / first)) * (RIGHT - LEFT)
  const up = (value: number): number => BOTTOM - placeOn(vertical, value) * (BOTTOM - TOP)
  const body = [
    text(12, 24, plot.title, 'title'),
    ...vertical.ticks.flatMap((tick) => [
      element('line', { x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick), class: 'grid' }),
      text(LEFT - 6, up(tick) + 4, shortNumber(tick), 'end'),
    ]),
    ...sizes.map((bytes) => text(across(bytes), BOTTOM + 18, plot.sizeName(bytes), 'middle')),
    text((LEFT + RIGHT) / 2, BOTTOM + 38, plot.axisTitle, 'middle'),
    ...plot.lines.flatMap((line) => drawn(line, across, up)),
    ...labels(plot.lines, up),
  ]
  const { footer, title } = plot
  return svgOf({ width: WIDTH, height: BOTTOM + 76, title, body, footer })
}

function drawn(
  { kind, points }: SizeLine,
  across: (bytes: number) => number,
  up: (value: number) => number,
): string[] {
  const way = points.map(
    ({ bytes, figure }) => `${across(bytes).toFixed(1)},${up(figure.median).toFixed(1)}`,
  )
  const marks = points.flatMap(({ bytes, figure }) => {
    const x = across(bytes)
    return [
      element('line', {
        x1: x,
        x2: x,
        y1: up(figure.least),
        y2: up(figure.most),
        class: `bar ${kind}`,
      }),
      element('circle', { cx: x, cy: up(figure.median), r: 3, class: `dot ${kind}` }),
    ]
  })
  return [element('polyline', { points: way.join(' '), class: `line ${kind}` }), ...marks]
}

/** Beside the last point of each line, pushed apart where they would lie on each other. */
function labels(lines: readonly SizeLine[], up: (value: number) => number): string[] {
  const ends = lines.flatMap(({ kind, label, points }) => {
    const last = points.at(-1)
    return last === undefined ? [] : [{ kind, label, y: up(last.figure.median) }]
  })
  ends.sort((a, b) => a.y - b.y)
  let above = Number.NEGATIVE_INFINITY
  const placed = ends.map((end) => {
    above = Math.max(end.y, above + LABEL_STEP)
    return { ...end, y: above }
  })
  const over = Math.max(0, above - BOTTOM)
  return placed.map(({ kind, label, y }) =>
    text(RIGHT + 10, y - over + 4, label, kind === 'ours' ? 'strong' : ''),
  )
}
