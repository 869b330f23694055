// The simulator at the command line: many seeds, one verdict.

import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { type Break, breaks, plant } from './breaks.js'
import { sayBig, sayCosts } from './figures.js'
import { failureLines, replayCommand, Summary } from './report.js'
import type { Outcome } from './runner.js'
import { runSeeds } from './threads.js'

const SEEDS = 2_000
const FROM = 1
const NODES_MAX = 50
const PROGRESS_MS = 5_000

interface Options {
  readonly seeds: number
  readonly nodes: number
  readonly from: number
  readonly threads: number
  /** True for the flag without a name. */
  readonly break?: string | true
  readonly costs?: true
  readonly big?: true
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`a whole number of at least ${least}`)
  }
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** True where every seed held. */
async function run(options: Options, planted?: { name: string; source: URL }): Promise<boolean> {
  const startMs = performance.now()
  const summary = new Summary()
  const { from, nodes, seeds, threads } = options
  const seconds = (): number => (performance.now() - startMs) / 1_000
  let done = 0
  let nextMs = startMs + PROGRESS_MS
  const onOutcome = (outcome: Outcome): void => {
    done++
    if (outcome.kind === 'held') summary.add(outcome.totals)
    if (performance.now() < nextMs) return
    nextMs += PROGRESS_MS
    say(`${done} of ${seeds} seeds are done after ${seconds().toFixed(0)} s`)
  }
  const order = { nodesMax: nodes, ...(planted && { brokenSource: planted.source.href }) }
  const failure = await runSeeds({ from, count: seeds }, order, { threads, onOutcome })
  if (failure === undefined) {
    say('every rule held', ...summary.lines(seconds()))
    return true
  }
  say(...failureLines(failure, replayCommand(failure.seed, nodes, planted?.name)))
  say('besides it:', ...summary.lines(seconds()))
  return false
}

async function runBroken(planted: Break, options: Options): Promise<boolean> {
  say(`planted: ${planted.story}`)
  const { source, remove } = await plant(planted)
  try {
    return await run(options, { name: planted.name, source })
  } finally {
    remove()
  }
}

function listBreaks(): void {
  say('planted bugs (--break NAME):', ...breaks().map((one) => `  ${one.name}: ${one.story}`))
}

async function main(): Promise<boolean> {
  const command = new Command('sim')
    .description(
      'Runs trees of nodes under a virtual clock, one after the other, each from a seed.',
    )
    .option('--seeds <count>', 'how many', whole(1), SEEDS)
    .option('--nodes <most>', 'most nodes of one tree', whole(2), NODES_MAX)
    .option('--from <seed>', 'the first seed', whole(0), FROM)
    .option('--threads <count>', 'that share the seeds', whole(1), availableParallelism())
    .option('--break [name]', 'plant a bug, which must be found; without a name, list them')
    .option('--costs', 'count what the routing table costs instead')
    .option('--big', 'let the largest trees converge instead')
    .parse()
  const options = command.opts<Options>()
  if (options.costs || options.big) {
    if (options.costs) sayCosts(say)
    if (options.big) sayBig(say)
    return true
  }
  if (options.break === undefined) return await run(options)
  const planted = breaks().find((one) => one.name === options.break)
  if (planted !== undefined) return await runBroken(planted, options)
  listBreaks()
  return false
}

// `npm run sim | head` reads no further: nobody wants the rest.
process.stdout.on('error', () => process.exit())

process.exitCode = (await main()) ? 0 : 1
