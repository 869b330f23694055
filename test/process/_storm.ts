// A parent that is restarted under the eyes of all its children.

import { BusNode, type BusNodeOptions } from '../../src/index.js'
import { LOCAL, until } from './_process-node.js'

const PARENT = 1n
const FIRST = 0x100n
/** Two hundred nodes in one process take their time on a busy machine. */
const BACK = { timeoutMs: 600_000 }

export interface Storm {
  readonly children: number
  /** From the moment the parent listens again until the last child runs. */
  readonly backMs: number
  /** From the first child that was back to the last: jitter spreads them. */
  readonly spreadMs: number
  /** The most links that one pair ever had at once, seen from the parent. */
  readonly linksOfOneMax: number
  readonly linksAtEnd: number
  /** Nodes that know every other one by a path that stands. */
  readonly wholeTables: number
  /** Registrations that the new parent saw, beyond one for each child. */
  readonly superfluous: number
}

async function close(nodes: readonly BusNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.close({ timeoutMs: 0 })))
}

function knownTo(node: BusNode): number {
  return [...node.routes].filter(({ stale }) => !stale).length
}

/** What a parent's children do to it, counted link by link. */
class Crowd {
  readonly #open = new Map<bigint, number>()
  mostOfOne = 0
  ups = 0
  firstMs = 0
  lastMs = 0

  watch(node: BusNode): void {
    node.on('link_up', ({ id }) => {
      const open = (this.#open.get(id) ?? 0) + 1
      this.#open.set(id, open)
      this.mostOfOne = Math.max(this.mostOfOne, open)
      this.ups++
      this.lastMs = performance.now()
      if (this.firstMs === 0) this.firstMs = this.lastMs
    })
    node.on('link_down', ({ link }) => this.#open.set(link.id, this.#open.get(link.id)! - 1))
  }
}

/** `patience`: options of all of them, where those of the product are not to be shown. */
export async function reconnectStorm(
  children: number,
  patience: Pick<BusNodeOptions, 'limits'> = {},
): Promise<Storm> {
  const first = await BusNode.start({ ...patience, id: PARENT, listen: [LOCAL] })
  const [address] = first.addresses
  const parent = address!
  const all = await Promise.all(
    Array.from({ length: children }, (_, i) =>
      BusNode.start({ ...patience, id: FIRST + BigInt(i), parent }),
    ),
  )
  await Promise.all(all.map((node) => node.ready(BACK)))
  const crowd = new Crowd()
  await first.close({ timeoutMs: 0 })
  await until(() => all.every(({ state }) => state === 'parent_lost'))
  const again = await BusNode.start({ ...patience, id: PARENT, listen: [parent] }, (node) =>
    crowd.watch(node),
  )
  const startMs = performance.now()
  try {
    await Promise.all(all.map((node) => node.ready(BACK)))
    const backMs = performance.now() - startMs
    // Everyone is heard through the one link that it has.
    await Promise.all(all.map((node) => node.ping(PARENT)))
    const whole = () => [...all, again].filter((node) => knownTo(node) === children).length
    await until(() => whole() === children + 1)
    return {
      children,
      backMs,
      spreadMs: crowd.lastMs - crowd.firstMs,
      linksOfOneMax: crowd.mostOfOne,
      linksAtEnd: again.peers().length,
      wholeTables: whole(),
      superfluous: crowd.ups - children,
    }
  } finally {
    await close([...all, again])
  }
}
