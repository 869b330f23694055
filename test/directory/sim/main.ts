// The directory's simulator at the command line: many seeds, one verdict.

import { Command } from 'commander'
import { breaks, plant } from './breaks.js'
import { type DirectoryKit, loadKit } from './kit.js'
import { runSeed } from './run.js'

interface Options {
  readonly seeds: string
  readonly from: string
  readonly break?: string
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function run(kit: DirectoryKit, { seeds, from }: Options): boolean {
  const startMs = performance.now()
  const totals = { events: 0, messages: 0, faults: 0, evictions: 0 }
  for (let seed = Number(from); seed < Number(from) + Number(seeds); seed++) {
    const verdict = runSeed(kit, seed)
    if (verdict.kind === 'broken') {
      const { rule, atMs, lastSent } = verdict.failure
      say(`seed ${seed} at ${(atMs / 1_000).toFixed(1)} s: ${rule}`, ...lastSent)
      return false
    }
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[key] += verdict.totals[key]
    }
  }
  const seconds = (performance.now() - startMs) / 1_000
  say(`${seeds} seeds held in ${seconds.toFixed(1)} s: ${JSON.stringify(totals)}`)
  return true
}

async function main(): Promise<boolean> {
  const command = new Command('sim-directory')
    .option('--seeds <count>', 'how many', '200')
    .option('--from <seed>', 'the first seed', '1')
    .option('--break <name>', 'plant a bug, which must be found')
    .parse()
  const options = command.opts<Options>()
  if (options.break === undefined) return run(await loadKit(), options)
  const planted = breaks().find(({ name }) => name === options.break)
  if (planted === undefined) {
    say('planted bugs:', ...breaks().map(({ name, story }) => `  ${name}: ${story}`))
    return false
  }
  const { kit, remove } = await plant(planted)
  try {
    return run(kit, options)
  } finally {
    remove()
  }
}

process.exitCode = (await main()) ? 0 : 1
