// Counts what a light tree's links carry for the routing table.

import { BodyCursor } from '../../src/wire/body.js'
import { InnerCursor } from '../../src/wire/head.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import { readVint, Vint } from '../../src/wire/vint.js'
import type { LightEnd, LightTree } from './light-tree.js'

const HASH_BYTES = 4

/** What one direction of one link carried. */
export interface Carried {
  packets: number
  records: number
  removes: number
  bytes: number
}

export class RouteMeter {
  readonly #head = new InnerCursor()
  readonly #body = new BodyCursor()
  readonly #length = new Vint()
  readonly #update = new RouteUpdateReader()
  #byEnd = new Map<LightEnd, Carried>()
  /** Links whose updates are counted and not delivered. */
  swallows: (from: LightEnd) => boolean = () => false

  constructor(tree: LightTree) {
    tree.passes = (from, frame) => !this.#count(from, frame) || !this.swallows(from)
  }

  reset(): void {
    this.#byEnd = new Map()
  }

  /** True for an update. */
  #count(from: LightEnd, frame: Uint8Array): boolean {
    if (readVint(frame, HASH_BYTES, frame.length, this.#length) !== 'ok') return false
    const { end: start, value } = this.#length
    if (this.#head.read(frame, start, start + value) !== 'ok') return false
    const { blockStart } = this.#head
    const kind = this.#body.read(frame, blockStart, this.#head.clearBodyEnd())
    if (kind !== 'route_update') return false
    const carried = this.#of(from)
    carried.packets++
    carried.bytes += frame.length
    const update = this.#update
    if (update.open(frame, this.#body.start, this.#body.end) !== 'ok') return true
    for (let step = update.next(); step !== 'end'; step = update.next()) {
      carried.records++
      if (step === 'remove') carried.removes++
    }
    return true
  }

  #of(end: LightEnd): Carried {
    let carried = this.#byEnd.get(end)
    if (carried === undefined) {
      carried = { packets: 0, records: 0, removes: 0, bytes: 0 }
      this.#byEnd.set(end, carried)
    }
    return carried
  }

  /** The most that one direction of one link carried, each figure by itself. */
  get most(): Carried {
    return this.#fold(Math.max)
  }

  get total(): Carried {
    return this.#fold((a, b) => a + b)
  }

  #fold(join: (a: number, b: number) => number): Carried {
    const sum: Carried = { packets: 0, records: 0, removes: 0, bytes: 0 }
    for (const one of this.#byEnd.values()) {
      for (const key of Object.keys(sum) as (keyof Carried)[]) sum[key] = join(sum[key], one[key])
    }
    return sum
  }

  /** What one node said, over all its links. */
  from(id: bigint): Carried {
    const sum: Carried = { packets: 0, records: 0, removes: 0, bytes: 0 }
    for (const [end, one] of this.#byEnd) {
      if (end.node.core.id !== id) continue
      for (const key of Object.keys(sum) as (keyof Carried)[]) sum[key] += one[key]
    }
    return sum
  }
}
