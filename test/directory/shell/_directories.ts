// Directories of one test on real nodes, closed with it; and waiting for what they tell.

import type { ExecutionContext } from 'ava'
import type { BusNodeOptions, DirectoryEvents, DirectoryOptions } from '../../../src/index.js'
import { Directory } from '../../../src/index.js'
import { type Carrier, Nodes } from '../../node/_nodes.js'

/** So that nothing waits for a policy. */
export const EAGER_TIMES = { registryRetryMs: 20, dialRetryMs: 20, conflictRetryMs: 50 }

export class Directories {
  readonly nodes: Nodes
  readonly carrier: Carrier
  readonly #directories: Directory[] = []

  constructor(t: ExecutionContext, carrier: Carrier = 'inproc') {
    this.nodes = new Nodes(t)
    this.carrier = carrier
    t.teardown(() => Promise.all(this.#directories.map((directory) => directory.close())))
  }

  /** A node without a parent that listens, and its directory. */
  async root(
    id: bigint,
    options: DirectoryOptions = {},
    node: Partial<BusNodeOptions> = {},
  ): Promise<Directory> {
    const listen = [this.nodes.address(this.carrier)]
    return this.on(await this.nodes.start({ id, listen, ...node }), options)
  }

  async on(node: Directory['node'], options: DirectoryOptions = {}): Promise<Directory> {
    const times = { ...EAGER_TIMES, ...options.times }
    const directory = await Directory.start(node, { rereadMs: 20, ...options, times })
    this.#directories.push(directory)
    return directory
  }

  /** A registry that takes its table for whole almost at once. */
  registry(id: bigint, options: DirectoryOptions = {}, node: Partial<BusNodeOptions> = {}) {
    // A life that a busy machine keeps from answering is not dead.
    const registry = { times: { warmUpMs: 50, compareMs: 100, probeMs: 60_000 } }
    return this.root(id, { registry, ...options }, node)
  }

  /** A root that finds its registries by address. */
  member(id: bigint, registries: readonly Directory[], options: DirectoryOptions = {}) {
    const addresses = registries.flatMap(({ node }) => node.addresses)
    return this.root(id, { registries: addresses, ...options })
  }
}

/** The next event of that name that passes. */
export function told<Name extends keyof DirectoryEvents>(
  directory: Directory,
  name: Name,
  passes: (...args: DirectoryEvents[Name]) => boolean = () => true,
): Promise<DirectoryEvents[Name]> {
  return new Promise((resolve) => {
    const hear = (...args: unknown[]): void => {
      const given = args as DirectoryEvents[Name]
      if (!passes(...given)) return
      directory.off(name, hear as never)
      resolve(given)
    }
    directory.on(name, hear as never)
  })
}

/** Until it holds; looked at after every event of that name. */
export async function holds(
  directory: Directory,
  names: readonly (keyof DirectoryEvents)[],
  condition: () => boolean,
): Promise<void> {
  if (condition()) return
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!condition()) return
      for (const name of names) directory.off(name, look)
      resolve()
    }
    for (const name of names) directory.on(name, look)
  })
}
