// What a run has kept: read from its file, and one figure of it at a time.

import { readFileSync } from 'node:fs'
import type { Machine } from '../machine.js'
import type { Sample } from '../question.js'
import type { CellResult } from '../runner.js'
import { type Summary, summaryOf } from '../statistics.js'

export interface KeptCell {
  readonly cell: { readonly name: string; readonly quick: boolean }
  readonly failures: readonly string[]
  readonly missing: Readonly<Record<string, string>>
  /** One record from subject to sample for each round. */
  readonly rounds: readonly Readonly<Record<string, Sample>>[]
}

export interface Results {
  readonly machine: Machine
  readonly questions: Readonly<Record<string, readonly KeptCell[]>>
}

/** Enough for any reading, and a file that can be kept with the sources. */
const DIGITS = 6

function rounded(sample: Sample): Sample {
  const entries = Object.entries(sample)
  return Object.fromEntries(entries.map(([key, value]) => [key, Number(value.toPrecision(DIGITS))]))
}

export function keptOf({ cell, failures, missing, rounds }: CellResult): KeptCell {
  const kept = rounds.map((round) =>
    Object.fromEntries([...round].map(([subject, sample]) => [subject, rounded(sample)])),
  )
  return { cell, failures, missing, rounds: kept }
}

/** One line for each cell: a file of half a megabyte should still be readable as a difference. */
export function textOf({ machine, questions }: Results): string {
  const parts = Object.entries(questions).map(([name, cells]) => {
    const lines = cells.map((cell) => `   ${JSON.stringify(cell)}`)
    return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`
  })
  const head = JSON.stringify(machine, null, 2).replaceAll('\n', '\n ')
  return `{\n "machine": ${head},\n "questions": {\n${parts.join(',\n')}\n }\n}\n`
}

export function readResults(path: string): Results {
  const results = JSON.parse(readFileSync(path, 'utf8')) as Results
  if (results.machine === undefined || results.questions === undefined) {
    throw new Error(`${path}: not written by npm run bench`)
  }
  return results
}

export function cellOf(results: Results, question: string, cell: string): KeptCell | undefined {
  return results.questions[question]?.find(({ cell: { name } }) => name === cell)
}

/** In the order of the first round. */
export function subjectsOf({ rounds }: KeptCell): readonly string[] {
  return [...new Set(rounds.flatMap((round) => Object.keys(round)))]
}

export function valuesIn({ rounds }: KeptCell, subject: string, key: string): readonly number[] {
  return rounds.flatMap((round) => round[subject]?.[key] ?? [])
}

export function summaryIn(cell: KeptCell, subject: string, key: string): Summary | undefined {
  const values = valuesIn(cell, subject, key)
  return values.length === 0 ? undefined : summaryOf(values)
}

/** Above this other work has had a share of the cores; a build just before gives about one. */
const QUIET_LOAD_MAX = 1.5

/** Stands under every picture and table. */
export function provenanceOf({ machine }: Results): string {
  const { commit, cores, cpuModel, date, kernel, loadBefore, memoryMib, node, note } = machine
  const gib = Math.round(memoryMib / 1024)
  const loaded = loadBefore > QUIET_LOAD_MAX ? `; loaded machine (load ${loadBefore})` : ''
  const said = note === undefined ? '' : `; ${note}`
  const day = date.slice(0, 10)
  return (
    `${cores} x ${cpuModel}, ${gib} GiB, Linux ${kernel}, Node ${node}, ` +
    `commit ${commit}, ${day}${loaded}${said}`
  )
}
