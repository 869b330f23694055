// One reader of the change log: what became of the ids that were touched since it last looked.

import { joinHalves } from '../bus-id.js'
import { IdMap } from '../id-map.js'
import { type ChangeLog, LogEntry } from './change-log.js'

/** What a reader learns of one id; `reset` where more happened than the log remembers. */
export type Touched =
  | { readonly id: bigint; readonly wasKnown: boolean; readonly reason: number }
  | 'reset'

/**
 * A place in the log: nothing is kept for a reader that does not come. An id that was touched
 * several times is told once, at its last change.
 */
export class ChangeReader {
  readonly #log: ChangeLog
  readonly #isHeld: (id: bigint) => boolean
  readonly #entry = new LogEntry()
  #version: number
  /** Ids that were skipped because a later change tells them, with what was known before. */
  #skipped = new IdMap<'known' | 'unknown'>()

  /** `isHeld`: the table is ahead of the log in what concerns this id, which will note it soon. */
  constructor(log: ChangeLog, version: number, isHeld: (id: bigint) => boolean) {
    this.#log = log
    this.#version = version
    this.#isHeld = isHeld
  }

  /** Undefined where nothing has changed. */
  next(): Touched | undefined {
    const log = this.#log
    if (this.#version < log.tail) return this.#lost()
    while (this.#version < log.head) {
      this.#version++
      const touched = this.#read(this.#version)
      if (touched !== undefined) return touched
    }
    return undefined
  }

  #lost(): 'reset' {
    this.#version = this.#log.head
    this.#skipped = new IdMap()
    return 'reset'
  }

  #read(number: number): Touched | undefined {
    const entry = this.#entry
    this.#log.read(number, entry)
    const { idHigh, idLow, reason } = entry
    const before = this.#skipped.get(idHigh, idLow) ?? (entry.wasKnown ? 'known' : 'unknown')
    const id = joinHalves(idHigh, idLow)
    // Told by the table as it is now, what was held back would be told twice, or never have come.
    if (!this.#log.isLast(number, entry) || this.#isHeld(id)) {
      this.#skipped.set(idHigh, idLow, before)
      return undefined
    }
    this.#skipped.delete(idHigh, idLow)
    return { id, wasKnown: before === 'known', reason }
  }
}
