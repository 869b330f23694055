// The directory's simulator at the command line: many seeds, one verdict.

import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { breaks, plant } from './breaks.js'
import { runSeeds } from './threads.js'

interface Options {
  readonly seeds: string
  readonly from: string
  readonly threads: string
  readonly seconds: string
  readonly break?: string
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function run(kitUrl: string | undefined, options: Options): Promise<boolean> {
  const startMs = performance.now()
  const plan = {
    from: Number(options.from),
    count: Number(options.seeds),
    threads: Number(options.threads),
    secondsMax: Number(options.seconds),
  }
  const { held, totals, failure } = await runSeeds(plan, { kitUrl })
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
  say(`${held} seeds from ${plan.from} held in ${seconds} s: ${JSON.stringify(totals)}`)
  if (failure === undefined) return held > 0
  const { seed, rule, atMs, lastSent } = failure
  say(`seed ${seed} at ${(atMs / 1_000).toFixed(1)} s: ${rule}`, ...lastSent)
  return false
}

async function main(): Promise<boolean> {
  const command = new Command('sim-directory')
    .option('--seeds <count>', 'how many', '200')
    .option('--from <seed>', 'the first seed', '1')
    .option('--seconds <count>', 'begin no seed after so long', 'Infinity')
    .option('--threads <count>', 'that share the seeds', `${availableParallelism()}`)
    .option('--break <name>', 'plant a bug, which must be found')
    .parse()
  const options = command.opts<Options>()
  if (options.break === undefined) return run(undefined, options)
  const planted = breaks().find(({ name }) => name === options.break)
  if (planted === undefined) {
    say('planted bugs:', ...breaks().map(({ name, story }) => `  ${name}: ${story}`))
    return false
  }
  const { kitUrl, remove } = await plant(planted)
  try {
    return await run(kitUrl.href, options)
  } finally {
    remove()
  }
}

// `npm run sim:directory | head` reads no further: nobody wants the rest.
process.stdout.on('error', () => process.exit())

process.exitCode = (await main()) ? 0 : 1
