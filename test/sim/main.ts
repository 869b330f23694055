// The simulator at the command line: many seeds, one verdict.

import { Command, InvalidArgumentError } from 'commander'
import { type Break, breaks, plant } from './breaks.js'
import { type CoreKit, loadKit } from './kit.js'
import { failureLines, replayCommand, Summary } from './report.js'
import { runSeed } from './run.js'

const SEEDS = 2_000
const FROM = 1
const NODES_MAX = 50
const PROGRESS_MS = 5_000

interface Options {
  readonly seeds: number
  readonly nodes: number
  readonly from: number
  /** True for the flag without a name. */
  readonly break?: string | true
}

interface Planted {
  readonly name: string
  /** The core without the bug. */
  readonly own: CoreKit
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
function runSeeds(kit: CoreKit, options: Options, planted?: Planted): boolean {
  const startMs = performance.now()
  const summary = new Summary()
  const seconds = (): number => (performance.now() - startMs) / 1_000
  let nextMs = startMs + PROGRESS_MS
  for (let done = 0; done < options.seeds; done++) {
    const verdict = runSeed(kit, options.from + done, options.nodes)
    if (verdict.kind === 'broken') {
      const { failure } = verdict
      // A seed that breaks the core as it is says nothing of the planted bug.
      if (planted && runSeed(planted.own, failure.seed, options.nodes).kind === 'broken') continue
      say(...failureLines(failure, replayCommand(failure.seed, options.nodes, planted?.name)))
      say('before it:', ...summary.lines(seconds()))
      return false
    }
    summary.add(verdict.totals)
    if (performance.now() < nextMs) continue
    nextMs += PROGRESS_MS
    say(`${done + 1} of ${options.seeds} seeds hold after ${seconds().toFixed(0)} s`)
  }
  say('every rule held', ...summary.lines(seconds()))
  return true
}

async function runBroken(planted: Break, options: Options): Promise<boolean> {
  say(`planted: ${planted.story}`)
  const { kit, remove } = await plant(planted)
  try {
    return runSeeds(kit, options, { name: planted.name, own: await loadKit() })
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
    .option('--break [name]', 'plant a bug, which must be found; without a name, list them')
    .parse()
  const options = command.opts<Options>()
  if (options.break === undefined) return runSeeds(await loadKit(), options)
  const planted = breaks().find((one) => one.name === options.break)
  if (planted !== undefined) return await runBroken(planted, options)
  listBreaks()
  return false
}

process.exitCode = (await main()) ? 0 : 1
