// A root with a table of 1,000 nodes below one of its children, and those that ask for it.

import { type Host, World } from './_harness.js'
import { RoutePeer } from './_route-peer.js'

const FIRST = 0x10_0000
const FEEDER = 0x200n
const FIRST_ASKER = 0x1000n
/** What one packet takes. */
const PACKET_RECORDS = 1_000

export class Thousand {
  readonly world = new World()
  readonly root: Host
  readonly feeder: RoutePeer
  readonly askers: RoutePeer[] = []

  constructor() {
    this.root = this.world.host({ id: 0x100n })
    this.root.give({ kind: 'start' })
    this.feeder = RoutePeer.dials(this.root, FEEDER).subscribe().tells()
  }

  /** The root learns of so many nodes, from `from` on. */
  learn(from: number, count: number): void {
    for (let at = from; at < from + count; at += PACKET_RECORDS) {
      const records = Math.min(PACKET_RECORDS, from + count - at)
      this.feeder.update(
        Array.from({ length: records }, (_, i) => ({ id: BigInt(FIRST + at + i) })),
      )
    }
  }

  ask(): RoutePeer {
    const asker = RoutePeer.dials(this.root, FIRST_ASKER + BigInt(this.askers.length)).subscribe()
    this.askers.push(asker)
    this.world.advance(100)
    return asker
  }
}

/** What a neighbour was told of routes so far, in bytes. */
export function updateBytes({ stranger }: RoutePeer): number {
  const updates = stranger.heardMessages.filter(({ kind }) => kind === 'route_update')
  return updates.reduce((sum, { inner }) => sum + inner.length, 0)
}
