// The ranges that records answer for, kept beside the rows: few records have any.

import type { IdRange } from '../../wire/control.js'
import { NO_RANGES } from '../../wire/route-record.js'

export class Ranges {
  readonly #byNumber = new Map<number, readonly IdRange[]>()
  #last = 0

  /** A number for a row; 0 stands for no ranges. */
  add(ranges: readonly IdRange[]): number {
    if (ranges.length === 0) return 0
    this.#byNumber.set(++this.#last, ranges)
    return this.#last
  }

  drop(number: number): void {
    if (number !== 0) this.#byNumber.delete(number)
  }

  get(number: number): readonly IdRange[] {
    return this.#byNumber.get(number) ?? NO_RANGES
  }

  are(number: number, ranges: readonly IdRange[]): boolean {
    if (number === 0) return ranges.length === 0
    const held = this.get(number)
    return held.length === ranges.length && held.every((one, at) => isSame(one, ranges[at]))
  }
}

function isSame(a: IdRange, b: IdRange | undefined): boolean {
  return a.prefix === b?.prefix && a.maskBits === b.maskBits
}
