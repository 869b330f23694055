// What a row of the proof is: a claim with a goal, and the run that measures it.

export interface RunOptions {
  /** The size that the catalogue asks for, not the one for a quick look. */
  readonly full: boolean
}

export type Verdict = 'met' | 'missed' | 'skipped'

export interface Outcome {
  /** One line: what was measured, or why nothing was. */
  readonly figure: string
  readonly verdict: Verdict
  /** The same for machines. */
  readonly values: Readonly<Record<string, number | string>>
}

/** What each module of `rows/` exports. */
export interface Row {
  /** Its number in the catalogue, or the name of what has none. */
  readonly row: number | string
  readonly title: string
  readonly goal: string
  /** How much of it is done without `--full` and with it; none where one size proves it. */
  readonly sizes?: { readonly quick: string; readonly full: string }
  run(options: RunOptions): Promise<Outcome>
}

export function verdictOf(isMet: boolean): Verdict {
  return isMet ? 'met' : 'missed'
}

export interface Spread {
  readonly p50: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    p50: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}

export function inMs(value: number): string {
  return `${value.toFixed(1)} ms`
}
