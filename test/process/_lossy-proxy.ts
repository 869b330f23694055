// A relay in bad weather: it loses 40 of 100 links, and repeats 40 of 100 pieces late.

import type { Socket } from 'node:net'
import { Random } from '../wire/_random.js'
import { Relay } from './_relay.js'

/** Of 100 connections, and of 100 pieces. */
const LOSS_PERCENT = 40
/** As long as a lost segment takes to come again, and twice that for one that is lost again. */
const REPEAT_MS = 10
/** A doomed connection ends anywhere from before its registration to the middle of its messages. */
const DOOMED_BYTES_MAX = 4_096

/** What becomes of the next connections, drawn one by one. */
const HAND = Array.from({ length: 10 }, (_, i) => i < LOSS_PERCENT / 10)

const ENDS = ['reset', 'close', 'silence'] as const

/** What becomes of a connection: how it ends, and after how many bytes of either direction. */
interface Doom {
  readonly how: (typeof ENDS)[number]
  leftBytes: number
}

export class LossyProxy extends Relay {
  readonly #random: Random
  #fates: boolean[] = []
  /** Off: everything arrives, and in time. */
  storms = true
  lost = 0
  late = 0

  private constructor(target: string, seed: number) {
    super(target)
    this.#random = new Random(seed)
  }

  static to(address: string, seed: number): Promise<LossyProxy> {
    return new LossyProxy(address, seed).listening()
  }

  #loses(): boolean {
    return this.storms && this.#random.below(100) < LOSS_PERCENT
  }

  /** In an order of chance, but of few connections as many are lost as of many. */
  #isDoomed(): boolean {
    if (!this.storms) return false
    if (this.#fates.length === 0) this.#fates = [...HAND]
    const [isDoomed] = this.#fates.splice(this.#random.below(this.#fates.length), 1)
    return isDoomed === true
  }

  #doom(): Doom | undefined {
    if (!this.#isDoomed()) return undefined
    this.lost++
    return { how: this.#random.pick(ENDS), leftBytes: this.#random.below(DOOMED_BYTES_MAX) }
  }

  protected carry(near: Socket, far: Socket): void {
    const doom = this.#doom()
    void this.#pass(near, far, doom)
    void this.#pass(far, near, doom)
  }

  async #pass(from: Socket, to: Socket, doom: Doom | undefined): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        await this.#weather()
        const passed = doom === undefined ? bytes : bytes.subarray(0, doom.leftBytes)
        if (passed.length > 0) to.write(passed)
        if (doom === undefined) continue
        doom.leftBytes -= passed.length
        if (doom.leftBytes > 0 || doom.how === 'silence') continue
        if (doom.how === 'reset') to.resetAndDestroy()
        from.destroy()
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  /** What is lost on the way is said again, later: what follows it waits. */
  async #weather(): Promise<void> {
    for (let waitMs = REPEAT_MS; this.#loses() && waitMs <= 4 * REPEAT_MS; waitMs *= 2) {
      this.late++
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}
