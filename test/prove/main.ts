// `npm run prove`: runs rows of the robustness catalogue and prints what came out.

import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { chosen, help, listed, loadRows } from './catalogue.js'
import type { Outcome, Row } from './row.js'

const USAGE = 'npm run prove -- ROW…|all [--full] [--json FILE], or --help'
const GIB = 1024 ** 3

interface Result extends Outcome {
  readonly row: number | string
  readonly title: string
  readonly goal: string
}

function machine(): string {
  const [first] = cpus()
  const memory = `${Math.round(totalmem() / GIB)} GiB`
  const name = (first?.model ?? process.arch).trim()
  const system = `${process.platform} ${release()}, node ${process.version}`
  return `${cpus().length} × ${name}, ${memory}, ${system}`
}

/** A row that throws has missed its goal; the others still run. */
async function runOne(row: Row, full: boolean): Promise<Result> {
  const { row: number, title, goal } = row
  process.stderr.write(`row ${number}: ${title} …\n`)
  try {
    return { row: number, title, goal, ...(await row.run({ full })) }
  } catch (error) {
    const figure = `failed: ${error instanceof Error ? error.message : String(error)}`
    return { row: number, title, goal, figure, verdict: 'missed', values: {} }
  }
}

function print(results: readonly Result[]): void {
  const lines = [
    ['row', 'what', 'figure', 'goal', 'verdict'],
    ...results.map(({ row, title, figure, goal, verdict }) => [
      String(row),
      title,
      figure,
      goal,
      verdict,
    ]),
  ]
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  )
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
  }
  console.log(`\nmachine: ${machine()}`)
}

async function main(): Promise<number> {
  const options = {
    full: { type: 'boolean' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help === true) {
    console.log(help())
    return 0
  }
  const rows = await loadRows()
  if (positionals.length === 0) {
    console.log([...listed(rows), '', USAGE].join('\n'))
    return 0
  }
  const wanted = chosen(rows, positionals)
  if (wanted === undefined) {
    console.error(`no such row in: ${positionals.join(' ')}\n${USAGE}`)
    return 2
  }
  const results: Result[] = []
  for (const row of wanted) {
    const result = await runOne(row, values.full ?? false)
    // At once: a later row may take an hour, or be cut short.
    process.stderr.write(`row ${result.row}: ${result.verdict}: ${result.figure}\n`)
    results.push(result)
  }
  print(results)
  if (values.json !== undefined) {
    const report = { machine: machine(), full: values.full ?? false, results }
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  }
  return results.some(({ verdict }) => verdict === 'missed') ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 2
}
