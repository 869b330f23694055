// What arrives where: the first lines shown, all of them counted.

import { escaped } from '../printable.js'
import { type NodeEvent, WATCHDOG_MS } from './node-process.js'

const SHOWN_MAX = 24
const SHOWN_COLUMNS = 72

export class Arrivals {
  readonly #say: (line: string) => void
  readonly #perNode = new Map<string, number>()
  #count = 0
  #onCount: (() => void) | undefined

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  told(id: string, event: NodeEvent): void {
    if (event['event'] !== 'message') return
    this.#count++
    this.#perNode.set(id, (this.#perNode.get(id) ?? 0) + 1)
    if (this.#count <= SHOWN_MAX) {
      const { from, text, hex } = event
      const content = [...escaped(String(text ?? `hex ${String(hex)}`))]
      this.#say(`  ${id} <- ${String(from)}  ${content.slice(0, SHOWN_COLUMNS).join('')}`)
    }
    this.#onCount?.()
  }

  /** A delivery is confirmed by the node before its process has printed the message. */
  reached(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${count} lines were delivered, but ${this.#count} arrived`))
      }, WATCHDOG_MS)
      this.#onCount = () => {
        if (this.#count < count) return
        clearTimeout(timer)
        resolve()
      }
      this.#onCount()
    })
  }

  sayRest(): void {
    if (this.#count > SHOWN_MAX) this.#say(`  ... and ${this.#count - SHOWN_MAX} more`)
  }

  perNode(): string {
    const parts = [...this.#perNode].sort().map(([id, count]) => `${id}: ${count}`)
    return parts.length === 0 ? 'none' : parts.join(', ')
  }
}
