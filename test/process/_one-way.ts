// A network that passes one direction only: do both ends come to the same view?

import { BusNode } from '../../src/index.js'
import { EAGER, LOCAL, until } from './_process-node.js'
import { CuttingProxy } from './_proxy.js'

const PARENT = 1n
const CHILD = 2n

export interface OneWay {
  /** From the partition until each end knew; and why its link ended. */
  readonly parentMs: number
  readonly childMs: number
  readonly reasons: readonly string[]
  /** Of each end in the moment it knew: who gave up closed its end. */
  readonly linksLeft: number
  /** From the end of the partition until the child is back. */
  readonly backMs: number
}

interface Down {
  readonly reason: string
  readonly atMs: number
  readonly linksLeft: number
}

function downOf(node: BusNode): Promise<Down> {
  return new Promise((resolve) => {
    node.once('link_down', ({ reason }) => {
      resolve({ reason, atMs: performance.now(), linksLeft: node.peers().length })
    })
  })
}

export async function oneWay(direction: 'up' | 'down', pingIntervalMs: number): Promise<OneWay> {
  const parent = await BusNode.start({ id: PARENT, listen: [LOCAL], pingIntervalMs })
  const proxy = await CuttingProxy.to(parent.addresses[0]!)
  const child = await BusNode.start({
    id: CHILD,
    parent: proxy.address,
    pingIntervalMs,
    retry: EAGER,
  })
  try {
    await child.ready()
    await child.ping(PARENT)
    const downs = [downOf(parent), downOf(child)] as const
    proxy.swallows = direction
    const atMs = performance.now()
    const [above, below] = await Promise.all(downs)
    const linksLeft = above.linksLeft + below.linksLeft
    proxy.swallows = undefined
    const endMs = performance.now()
    await until(() => child.state === 'running' && parent.peers().length === 1)
    await child.ping(PARENT)
    const backMs = performance.now() - endMs
    const [parentMs, childMs] = [above.atMs - atMs, below.atMs - atMs]
    return { parentMs, childMs, reasons: [above.reason, below.reason], linksLeft, backMs }
  } finally {
    await Promise.all([child.close(), parent.close()])
    await proxy.close()
  }
}
