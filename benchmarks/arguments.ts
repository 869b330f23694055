// What `npm run bench` was asked for.

import { parseArgs } from 'node:util'

export interface BenchArguments {
  /** None: list them. */
  readonly names: readonly string[]
  readonly quick: boolean
  readonly rounds: number
  /** Only cells whose name has this in it. */
  readonly cell: string | undefined
  /** Peers to measure beside; undefined is all. */
  readonly against: readonly string[] | undefined
  /** Where all samples go. */
  readonly json: string | undefined
  /** Kept with the result. */
  readonly note: string | undefined
  /** A folder for the CPU profile of each process. */
  readonly cpuProf: string | undefined
}

export const USAGE = `Usage: npm run bench -- NAME... [--quick] [--json FILE] [--against PEER]...

  NAME            a question, or "all"
  --quick         one short run of few cells
  --rounds N      rounds of each cell (5)
  --cell TEXT     only cells whose name has this in it, e.g. "64 B"
  --json FILE     write all samples, with the machine and the commit
  --against PEER  of the peers, only this one (several times for several; "none" for none)
  --note TEXT     keep this with the result, e.g. what else the machine was doing
  --cpu-prof DIR  write a CPU profile of each process

All questions take under two hours; with --quick, about a quarter of one.
`

/** Throws an Error that says what is wrong. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      note: { type: 'string' },
      rounds: { type: 'string' },
      cell: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
      against: { type: 'string', multiple: true },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}`)
  const { against, cell, json, note, quick } = values
  const names = values.help ? [] : positionals
  return { names, quick, rounds, cell, against, json, note, cpuProf: values['cpu-prof'] }
}
