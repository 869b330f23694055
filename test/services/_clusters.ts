// Clusters of one test on real nodes below one registry, closed with it; and waiting for events.

import type { ExecutionContext } from 'ava'
import {
  type BusNodeOptions,
  Cluster,
  type ClusterEvents,
  type ClusterServiceOptions,
  type Directory,
} from '../../src/index.js'
import { Directories } from '../directory/shell/_directories.js'
import { type Carrier, EAGER } from '../node/_nodes.js'

export const REGISTRY = 0x1n

export class Clusters {
  readonly directories: Directories
  readonly #clusters: Cluster[] = []
  #registry: Promise<Directory> | undefined
  #ids = 0x1000n

  constructor(t: ExecutionContext, carrier: Carrier = 'inproc') {
    this.directories = new Directories(t, carrier)
    t.teardown(() => Promise.all(this.#clusters.map((cluster) => cluster.close())))
  }

  /** The root of all, which lists who is there. */
  registry(): Promise<Directory> {
    this.#registry ??= this.directories.registry(REGISTRY)
    return this.#registry
  }

  /** A child of the registry with these services. */
  async join(
    services: ClusterServiceOptions['services'] = [],
    options: ClusterServiceOptions & { zone?: string } = {},
    nodeOptions: Partial<BusNodeOptions> = {},
  ): Promise<Cluster> {
    const { node } = await this.registry()
    this.#ids += 1n
    const id = this.#ids
    const listed = { id, parent: node.addresses, retry: EAGER, ...nodeOptions }
    const child = await this.directories.nodes.start(listed)
    const zone = options.zone === undefined ? {} : { zone: options.zone }
    const directory = await this.directories.on(child, zone)
    const cluster = Cluster.over(directory, { services, ...options })
    this.#clusters.push(cluster)
    return cluster
  }

  /** So many services of one type, and one cluster that sees all of them. */
  async around(type: string, count: number): Promise<{ caller: Cluster; others: Cluster[] }> {
    const others = await Promise.all(Array.from({ length: count }, () => this.join([type])))
    const caller = await this.join()
    await until(caller, () => caller.getNodeList(type).length === count)
    return { caller, others }
  }
}

/** Until it holds; looked at after each event of services. */
export async function until(cluster: Cluster, condition: () => boolean): Promise<void> {
  if (condition()) return
  await new Promise<void>((resolve) => {
    const names = ['serviceUp', 'serviceDown', 'serviceChanged'] as const
    const look = (): void => {
      if (!condition()) return
      for (const name of names) cluster.off(name, look)
      resolve()
    }
    for (const name of names) cluster.on(name, look)
  })
}

/** Until it holds; looked at in every turn of the loop. For what tells of itself by no event. */
export async function soon(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

export function told<Name extends keyof ClusterEvents>(
  cluster: Cluster,
  name: Name,
): Promise<ClusterEvents[Name][0]> {
  return new Promise((resolve) => {
    const hear = (...args: unknown[]): void => resolve(args[0] as ClusterEvents[Name][0])
    cluster.once(name, hear as never)
  })
}
