// Keeps a number of requests in flight and times each.

import { markOf, type Role, type RoleOptions } from '../role.js'
import { Stopwatch } from '../stopwatch.js'
import { startNode } from './treebus-node.js'

export async function startTreebusCaller(options: RoleOptions): Promise<Role> {
  const { inFlight = 1, payloadBytes = 0, target = 1 } = options
  const node = await startNode(options)
  const to = BigInt(target)
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  const watch = new Stopwatch()
  const call = async (): Promise<void> => {
    for (;;) {
      const startMs = performance.now()
      const answer = await node.request(to, payload)
      watch.stop(startMs)
      if (answer.payload.length !== payloadBytes) throw new Error('not the answer')
    }
  }
  return {
    begin: () => {
      for (let i = 0; i < inFlight; i++) void call()
    },
    mark: () => ({ ...markOf(watch.count), latency: watch.take() }),
  }
}
