// The rows that can be run: found, chosen by name, and listed.

import { readdirSync } from 'node:fs'
import type { Row } from './row.js'

const HELP = `npm run prove -- ROW… [--full] [--json FILE]
npm run prove -- all

Measures what treebus promises: each row runs one claim of the robustness catalogue, prints what it
found beside the goal, and says whether that was met. Without a row, lists them.

  ROW…         numbers or names from the list, in the order in which they are to run
  all          every row
  --full       the size that the catalogue asks for; some rows take an hour and more
  --json FILE  writes the results for machines as well
  --help       this text

Figures of time are worth something on a machine that does nothing else. Rows that need a network of
their own, or the addon for shared memory, are skipped with the reason where there is none.

Exit code: 0 all goals met or skipped, 1 one was missed, 2 the command was not understood.`

export function help(): string {
  return HELP
}

export async function loadRows(): Promise<Row[]> {
  const folder = new URL('./rows/', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const rows = await Promise.all(
    names.map((name) => import(new URL(name, folder).href) as Promise<Row>),
  )
  return rows.sort((a, b) => orderOf(a) - orderOf(b))
}

/** Names come behind the numbers, in the order of their files. */
function orderOf({ row }: Row): number {
  return typeof row === 'number' ? row : Number.MAX_SAFE_INTEGER
}

/** Undefined for a number that no row has. */
export function chosen(rows: readonly Row[], names: readonly string[]): Row[] | undefined {
  if (names.includes('all')) return [...rows]
  const found = names.map((name) => rows.find(({ row }) => String(row) === name))
  return found.every((row) => row !== undefined) ? found : undefined
}

/** One line for each row, and one for its sizes. */
export function listed(rows: readonly Row[]): string[] {
  const column = Math.max(...rows.map(({ row }) => String(row).length))
  return rows.flatMap(({ goal, row, sizes, title }) => {
    const size = sizes ? `${sizes.quick}; --full: ${sizes.full}` : 'one size'
    const indent = ' '.repeat(column + 2)
    return [`${String(row).padStart(column)}  ${title}: ${goal}`, `${indent}[${size}]`]
  })
}
