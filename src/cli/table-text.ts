// Rows of cells as lines for people: columns as wide as their widest cell.

/** Every row has as many cells as there are titles. */
export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title) => title.length)
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column]!, cell.length)
    }
  }
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  return [titles, ...rows].map(lineOf)
}
