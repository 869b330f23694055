// Where events are printed: one line each, for people or as JSON.

import type { Writable } from 'node:stream'
import { type EventName, type EventRows, renderLine } from './output-event.js'
import { jsonLine } from './printable.js'

export class Output {
  readonly isJson: boolean
  readonly #stream: Writable
  #isBroken = false
  /** Lines that wait for `release`. */
  #held: string[] | undefined

  /** `onBroken`: nobody reads any more. It is called once; what is told later is dropped. */
  constructor(isJson: boolean, onBroken: () => void, stream: Writable = process.stdout) {
    this.isJson = isJson
    this.#stream = stream
    stream.on('error', () => {
      if (!this.#isBroken) onBroken()
      this.#isBroken = true
    })
  }

  tell<E extends EventName>(event: E, row: EventRows[E]): void {
    this.print(this.isJson ? jsonLine({ event, ...row }) : renderLine(event, row))
  }

  /** What is told from now on is printed after `release`. */
  hold(): void {
    this.#held ??= []
  }

  /** Prints `first`'s line before everything that was held. */
  release(first: () => void): void {
    const held = this.#held ?? []
    this.#held = undefined
    first()
    for (const line of held) this.print(line)
  }

  /** A line that has been made safe. */
  print(line: string): void {
    if (this.#held !== undefined) {
      this.#held.push(line)
      return
    }
    if (!this.#isBroken) this.#stream.write(`${line}\n`)
  }
}
