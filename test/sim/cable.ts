// Two byte streams between two connections: in order until they break, in pieces of any size.

import type { FrameReader } from '../../src/wire/frame.js'
import type { Outlet } from '../../src/wire/outlet.js'
import type { Life } from './life.js'
import { fail } from './violation.js'
import type { World } from './world.js'

/** What is under way: bytes, or word that the other end closed. */
type Segment =
  | { readonly kind: 'bytes'; readonly arrivesMs: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly arrivesMs: number; readonly clean: boolean }

export interface Interval {
  readonly fromMs: number
  readonly untilMs: number
}

/** How much of them lies within another. */
export function overlapMs(intervals: readonly Interval[], within: Interval): number {
  let sum = 0
  for (const { fromMs, untilMs } of intervals) {
    sum += Math.max(0, Math.min(untilMs, within.untilMs) - Math.max(fromMs, within.fromMs))
  }
  return sum
}

/** One direction. */
export class Pipe {
  readonly #world: World
  readonly to: End
  readonly #latencyMs: number
  #queue: Segment[] = []
  #lastMs = 0
  #pumpAtMs = Number.POSITIVE_INFINITY
  /** Swallows whatever is written, and what is under way. */
  isBroken = false
  stalledUntilMs = 0
  readonly stalls: Interval[] = []

  constructor(world: World, to: End, latencyMs: number) {
    this.#world = world
    this.to = to
    this.#latencyMs = latencyMs
  }

  write(bytes: Uint8Array): void {
    this.#push({ kind: 'bytes', arrivesMs: this.#arrival(), bytes })
  }

  /** `losesRest`: what was under way never arrives. */
  close(clean: boolean, losesRest: boolean): void {
    if (losesRest) this.#queue = []
    this.#push({ kind: 'end', arrivesMs: this.#arrival(), clean })
  }

  break(): void {
    this.isBroken = true
    this.#queue = []
  }

  stall(untilMs: number): void {
    this.stalledUntilMs = Math.max(this.stalledUntilMs, untilMs)
    this.stalls.push({ fromMs: this.#world.nowMs, untilMs })
  }

  #arrival(): number {
    const { nowMs, chance } = this.#world
    const jitterMs = chance.chance(0.1) ? chance.real() * this.#latencyMs : 0
    return Math.max(this.#lastMs, nowMs + this.#latencyMs + jitterMs)
  }

  #push(segment: Segment): void {
    if (this.isBroken) return
    this.#lastMs = segment.arrivesMs
    this.#queue.push(segment)
    this.#pumpAt(segment.arrivesMs)
  }

  #pumpAt(atMs: number): void {
    if (this.#pumpAtMs <= atMs) return
    this.#pumpAtMs = atMs
    this.#world.schedule.at(atMs, () => {
      if (this.#pumpAtMs !== atMs) return
      this.#pumpAtMs = Number.POSITIVE_INFINITY
      this.pump()
    })
  }

  /** Hands over what has arrived, unless the receiver cannot take it now. */
  pump(): void {
    const { to } = this
    const world = this.#world
    for (;;) {
      const segment = this.#queue[0]
      if (segment === undefined) return
      // A receiver that is stopped, or was not told of the connection yet, pumps when it goes on.
      if (to.state !== 'open' || to.life.isPaused || to.isHeld) return
      const dueMs = Math.max(segment.arrivesMs, this.stalledUntilMs)
      if (dueMs > world.nowMs) {
        this.#pumpAt(dueMs)
        return
      }
      this.#queue.shift()
      if (segment.kind === 'end') {
        to.life.connectionEnded(to, segment.clean)
        return
      }
      const piece = this.#piece(segment.bytes)
      // What is left of a frame was put back: its end is still to come.
      to.life.receive(to, piece, piece === segment.bytes)
    }
  }

  /** Sometimes only the first part of what arrived; the rest goes back, for now or for later. */
  #piece(bytes: Uint8Array): Uint8Array {
    const world = this.#world
    if (bytes.length < 2 || !world.chance.chance(world.scenario.cutShare)) return bytes
    const cut = 1 + world.chance.below(bytes.length - 1)
    const laterMs = world.chance.chance(0.3) ? world.chance.between(0, 30) : 0
    const arrivesMs = world.nowMs + laterMs
    this.#lastMs = Math.max(this.#lastMs, arrivesMs)
    this.#queue.unshift({ kind: 'bytes', arrivesMs, bytes: bytes.subarray(cut) })
    return bytes.subarray(0, cut)
  }
}

/** One side of a connection, as the shell of a node holds it. */
export class End implements Outlet {
  readonly life: Life
  /** The core's name for it. */
  readonly number: number
  readonly reader: FrameReader
  state: 'opening' | 'open' | 'closed' = 'opening'
  /** Undefined until the dial reached somebody. */
  out: Pipe | undefined
  peer: End | undefined
  /** When the end of a frame arrived last: half a frame is no sign of life to the core. */
  heardAtMs = 0
  /** The core asked to read no further. */
  isHeld = false
  /** Frames go through one buffer: a frame is copied out when it is committed. */
  buffer = scratch
  readonly offset = 0
  readonly pendingBytes = 0
  #claimedBytes = 0

  constructor(life: Life, number: number) {
    this.life = life
    this.number = number
    this.reader = new life.world.kit.FrameReader(16_384)
  }

  get in(): Pipe | undefined {
    return this.peer?.out
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    const { life } = this
    if (this.state !== 'open') {
      fail(`${life.name} wrote to its connection ${this.number} after its close`)
    }
    if (life.fullUntilMs > life.world.nowMs) {
      life.world.counts.full++
      return 'full'
    }
    if (scratch.length < bytes) scratch = new Uint8Array(bytes * 2)
    this.buffer = scratch
    this.#claimedBytes = bytes
    return 'ok'
  }

  commit(bytes: number): void {
    const { name } = this.life
    if (bytes > this.#claimedBytes) fail(`${name} committed more than it had claimed`)
    if (bytes > 0) this.out?.write(this.buffer.slice(0, bytes))
  }
}

let scratch = new Uint8Array(65_536)
