// Instructions that a program takes, which the load of a machine does not change.

import { spawnSync } from 'node:child_process'

interface Counter {
  readonly command: string
  readonly args: readonly string[]
  readonly pattern: RegExp
}

const COUNTERS = {
  // Counts by interpreting each instruction; exact, and some fifty times slower.
  callgrind: {
    command: 'valgrind',
    args: ['--tool=callgrind', '--callgrind-out-file=/dev/null'],
    pattern: /Collected : (\d+)/,
  },
  // Asks the processor; a virtual one often does not let its guests count.
  perf: {
    command: 'perf',
    args: ['stat', '-x', ',', '-e', 'instructions:u'],
    pattern: /^(\d+),,instructions:u/m,
  },
} as const satisfies Readonly<Record<string, Counter>>

export type CounterName = keyof typeof COUNTERS

function countOf(name: CounterName, program: string, args: readonly string[]): number {
  const counter: Counter = COUNTERS[name]
  const line = [...counter.args, program, ...args]
  const { error, signal, status, stderr } = spawnSync(counter.command, line, { encoding: 'utf8' })
  if (error !== undefined) throw error
  const count = Number(counter.pattern.exec(stderr)?.[1] ?? Number.NaN)
  if (status !== 0 || Number.isNaN(count)) {
    throw new Error(`${name}: ended with ${status ?? signal}: ${stderr.trim().slice(-200)}`)
  }
  return count
}

/** What the last argument costs for each unit of it, without what starts and ends the program. */
export function instructionsEach(
  name: CounterName,
  program: string,
  args: readonly string[],
  units: number,
): number {
  const once = countOf(name, program, [...args, String(units)])
  const twice = countOf(name, program, [...args, String(2 * units)])
  return (twice - once) / units
}

/** Why it cannot count here; undefined where it can. */
export function missingCounter(name: CounterName): string | undefined {
  try {
    countOf(name, 'true', [])
    return undefined
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return `${COUNTERS[name].command} does not count here (${said})`
  }
}
