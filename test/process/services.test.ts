// Services in processes of their own: what a crash and a restart do to calls under way.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Cluster } from '../../src/index.js'
import { Clusters, soon, until } from '../services/_clusters.js'

const PROGRAM = fileURLToPath(new URL('./_service-program.js', import.meta.url))

async function startService(
  t: ExecutionContext,
  clusters: Clusters,
  id: string,
): Promise<ChildProcess> {
  const registry = await clusters.registry()
  const child = fork(PROGRAM, [id, registry.node.addresses[0] ?? '', 'game'])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function callerIn(clusters: Clusters): Promise<Cluster> {
  const registry = await clusters.registry()
  const caller = await clusters.join([], {}, { parent: registry.node.addresses })
  await caller.waitFor('game')
  return caller
}

/** Until the last link to the service is in shared memory, whichever way calls go. */
async function onRing(clusters: Clusters, caller: Cluster, id: bigint): Promise<void> {
  const registry = await clusters.registry()
  const isOnRing = () =>
    [caller.node, registry.node].every((node) => (node.peer(id)?.channel ?? 'ring') === 'ring')
  await soon(() => registry.node.peer(id) !== undefined && isOnRing())
}

for (const carrier of ['unix', 'tcp', 'ring'] as const) {
  test(`X-04, robustness 27: calls to a process that is killed end at once as unknown, over ${carrier}`, async (t) => {
    const clusters = new Clusters(t, carrier === 'ring' ? 'unix' : carrier)
    const child = await startService(t, clusters, '0x51')
    const caller = await callerIn(clusters)
    if (carrier === 'ring') await onRing(clusters, caller, 0x51n)
    const calls = Array.from({ length: 10 }, () => caller.call('game', 'wait'))
    while ((await caller.invoke('game', 'waiting')) !== 10) {}
    child.kill('SIGKILL')
    const kinds = (await Promise.all(calls)).map(({ kind }) => kind)
    t.deepEqual(new Set(kinds), new Set(['unknown']))
    t.is((await caller.call('game', 'who')).kind, 'unreachable')
  })
}

test('X-18, robustness 31: a process that drains and is replaced under load fails no call, over the ring', async (t) => {
  const clusters = new Clusters(t, 'unix')
  const first = await startService(t, clusters, '0x51')
  await startService(t, clusters, '0x52')
  const caller = await callerIn(clusters)
  await onRing(clusters, caller, 0x51n)
  await until(caller, () => caller.getNodeList('game').length === 2)
  let isOn = true
  const kinds = new Map<string, number>()
  const load = async (): Promise<void> => {
    while (isOn) {
      const { kind } = await caller.call('game', 'work', 3, { retries: 2 })
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
  }
  const loads = Array.from({ length: 8 }, load)
  const drained = once(first, 'message')
  first.send('drain')
  const [isQuiet] = (await drained) as [boolean]
  await startService(t, clusters, '0x53')
  await until(caller, () => caller.haveNode(0x53n) && !caller.haveNode(0x51n))
  isOn = false
  await Promise.all(loads)
  t.true(isQuiet)
  t.deepEqual([...kinds.keys()], ['ok'])
})
