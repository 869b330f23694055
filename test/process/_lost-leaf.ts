// A tree of processes that loses a leaf three levels below its root, as each of them sees it.

import { LOCAL, type Processes, type ProcessNode, until } from './_process-node.js'

const ROOT = 0x1n
const FIRST_LEAF = 0x1000n

/** A process of the tree, and how many links lie between it and the leaf. */
interface Watcher {
  readonly node: ProcessNode
  readonly links: number
}

export interface RouteDown {
  readonly id: bigint
  readonly reason: string
}

/** How one process heard of the loss. */
export interface Heard {
  readonly links: number
  readonly reason: string
  readonly afterMs: number
}

/** root > branch > twig > the leaf to be lost; root > other branch > other leaf. */
export class LosingTree {
  readonly #all: Processes
  readonly #watchers: Watcher[] = []
  #leaves = 0

  constructor(all: Processes) {
    this.#all = all
  }

  get size(): number {
    return this.#watchers.length
  }

  async grow(): Promise<void> {
    const root = await this.#add(ROOT, undefined, 3)
    const branch = await this.#add(0x10n, root, 2)
    await this.#add(0x100n, branch, 1)
    const other = await this.#add(0x20n, root, 4)
    await this.#add(0x200n, other, 5)
  }

  async #add(id: bigint, above: ProcessNode | undefined, links: number): Promise<ProcessNode> {
    const parent = above === undefined ? {} : { parent: above.addresses }
    const node = await this.#all.start({ id, listen: [LOCAL], ...parent })
    await node.order('watchRoutes')
    this.#watchers.push({ node, links })
    return node
  }

  /** A leaf with an id of its own comes, is known everywhere, and is killed. */
  async loseLeaf(): Promise<Heard[]> {
    const id = FIRST_LEAF + BigInt(this.#leaves++)
    const above = this.#watchers.find(({ links }) => links === 1)!
    const leaf = await this.#all.start({ id, parent: above.node.addresses })
    for (const { node } of this.#watchers) await until(() => node.order('hasRoute', id))
    const atMs = performance.timeOrigin + performance.now()
    leaf.signal('SIGKILL')
    return await Promise.all(
      this.#watchers.map(async ({ node, links }) => {
        const told = await node.hear<RouteDown>('route_down', (down) => down.id === id)
        const { reason } = told.detail as RouteDown
        return { links, reason, afterMs: told.atMs - atMs }
      }),
    )
  }
}
