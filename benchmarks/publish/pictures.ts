// The pictures of one result: file names and what is in them.

import { sizeName } from '../questions/sizes.js'
import type { Summary } from '../statistics.js'
import { dotPlot } from './dot-plot.js'
import { kindOf, PICTURES, type PictureOf } from './figures.js'
import { linePlot, type SizeLine } from './line-plot.js'
import {
  cellOf,
  type KeptCell,
  provenanceOf,
  type Results,
  subjectsOf,
  summaryIn,
} from './results.js'

function dotsOf(picture: PictureOf, results: Results): string | undefined {
  const cell = cellOf(results, picture.question, picture.cell)
  if (cell === undefined) return undefined
  const rows = subjectsOf(cell).map((label) => ({
    label,
    kind: kindOf(label),
    unit: picture.unit,
    figures: picture.keys.flatMap((key) => summaryIn(cell, label, key) ?? []),
  }))
  const rounds = cell.rounds.length
  const footer = `Median, least and most of ${rounds} rounds. ${provenanceOf(results)}`
  return dotPlot({ ...picture.plot, rows, footer })
}

interface SizeCell extends KeptCell {
  readonly cell: KeptCell['cell'] & { readonly payloadBytes?: number }
}

/** Bytes a second over payload sizes, where more than one size was measured. */
function sizesOf(results: Results): string | undefined {
  const cells = (results.questions['one-way-peers'] ?? []) as readonly SizeCell[]
  const [first] = cells
  if (first === undefined || cells.length < 2) return undefined
  const lines = subjectsOf(first).map((label): SizeLine => {
    const points = cells.flatMap((cell) => {
      const bytes = cell.cell.payloadBytes ?? 0
      const figure = summaryIn(cell, label, 'perSecond')
      return figure === undefined ? [] : [{ bytes, figure: scaled(figure, bytes / 1024 ** 2) }]
    })
    return { label, kind: kindOf(label), points }
  })
  return linePlot({
    title: 'One way: payload a second by size: more is better',
    axisTitle: 'MiB of payload per second (logarithmic) over payload size',
    lines,
    sizeName,
    footer: `Median, least and most of ${first.rounds.length} rounds. ${provenanceOf(results)}`,
  })
}

function scaled({ least, median, most }: Summary, factor: number): Summary {
  return { least: least * factor, median: median * factor, most: most * factor }
}

/** By file name; what was not measured has no picture. */
export function picturesOf(results: Results): ReadonlyMap<string, string> {
  const dots = PICTURES.map((picture) => [picture.file, dotsOf(picture, results)] as const)
  const all = [...dots, ['sizes.svg', sizesOf(results)] as const]
  return new Map(all.flatMap(([file, svg]) => (svg === undefined ? [] : [[file, svg] as const])))
}
