import test from 'ava'
import {
  ANSWER_CODE,
  readServiceMessage,
  SERVICE_KIND,
  writeQuestion,
  writeResult,
} from '../../src/services/service-protocol.js'
import { Clusters, soon, told, until } from './_clusters.js'

/** Numbers that are the same in every run. */
function chanceFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('what is no message of the layer is counted, and the cluster goes on', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const registry = await clusters.registry()
  const layer = registry.node.openLayer('service', { message: () => {} })
  await registry.node.routes.waitFor(game.node.id)
  game.handle('ok', () => 1)
  const chance = chanceFrom(42)
  const written = writeQuestion({
    kind: SERVICE_KIND.REQUEST,
    life: 1,
    session: 1,
    timeoutMs: 1,
    serviceId: 0,
    app: 'game',
    instance: '',
    name: 'ok',
    payload: new Uint8Array(0),
  })
  const good = written.slice()
  for (let i = 0; i < 5000; i++) {
    const bytes = good.slice(0, 1 + Math.floor(chance() * good.length))
    bytes[Math.floor(chance() * bytes.length)] = Math.floor(chance() * 256)
    layer.send(game.node.id, bytes)
  }
  layer.close()
  await soon(() => game.status().badMessages > 1000)
  const caller = await clusters.join()
  await caller.waitFor('game')
  t.is(await caller.invoke('game', 'ok'), 1)
})

test('an answer of a node that was not asked settles nothing', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  let finish: ((value: string) => void) | undefined
  game.handle('wait', () => new Promise((resolve) => (finish = resolve)))
  const call = caller.invoke('game', 'wait')
  const { node } = await clusters.registry()
  const layer = node.openLayer('service', { message: () => {} })
  await node.routes.waitFor(caller.node.id)
  for (let session = 1; session <= 10; session++) {
    const head = { code: ANSWER_CODE.OK, life: session, session }
    layer.send(caller.node.id, writeResult(head, new TextEncoder().encode('"forged"')))
  }
  await soon(() => caller.status().lateAnswers === 10 && finish !== undefined)
  finish?.('real')
  t.is(await call, 'real')
})

test('an answer to another life of the caller settles nothing', async (t) => {
  const clusters = new Clusters(t)
  const { node: registry } = await clusters.registry()
  const node = await clusters.directories.nodes.child(registry, 0x99n)
  await clusters.directories.on(node, { offer: { services: [{ app: 'game' }] } })
  const encoder = new TextEncoder()
  const layer = node.openLayer('service', {
    message: ({ from, payload }) => {
      const asked = readServiceMessage(payload)
      const { life = 0, session = 0 } = asked ?? {}
      const code = ANSWER_CODE.OK
      layer.send(from, writeResult({ code, life: life ^ 1, session }, encoder.encode('"old"')))
      layer.send(from, writeResult({ code, life, session }, encoder.encode('"new"')))
    },
  })
  const caller = await clusters.join()
  await caller.waitFor('game')
  t.is(await caller.invoke('game', 'who'), 'new')
  t.is(caller.status().lateAnswers, 1)
})

test('a one-way message whose handler throws, or that has none, is told at its receiver', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  game.handle('bad', () => {
    throw new TypeError('no')
  })
  for (const [name, error] of [
    ['bad', { message: 'no' }],
    ['unheard', { code: 'UNSUPPORTED' }],
  ] as const) {
    const failed = told(game, 'handlerFailed')
    t.is(caller.send('game', name), 'sent')
    t.like(await failed, { name, error })
  }
})

test('X-20: a full connection says so at once, keeps its link, and says when it takes more', async (t) => {
  const clusters = new Clusters(t, 'tcp')
  const game = await clusters.join(['game'])
  const caller = await clusters.join([], {}, { sendBufferBytesMax: 2_200_000 })
  await caller.waitFor('game')
  let heard = 0
  game.handle('load', () => {
    heard += 1
  })
  const text = 'x'.repeat(64 * 1024)
  const writable = told(caller, 'writable')
  const results: string[] = []
  do results.push(caller.send('game', 'load', text))
  while (results.at(-1) !== 'full')
  const sent = results.length - 1
  // It is told before: each result once, in this order, and the warning for about half of the way.
  t.deepEqual([...new Set(results)], ['sent', 'sent_slow', 'full'])
  const warned = results.filter((result) => result === 'sent_slow').length
  t.true(warned >= sent / 4, `${warned} of ${sent}`)
  t.like(await caller.call('game', 'load', text), { kind: 'unreachable', reason: 'full' })
  await writable
  t.regex(caller.send('game', 'load', text), /^sent/)
  await soon(() => heard === sent + 1)
  t.is(caller.node.peers().length, 1)
})

test('X-13: who ails is probed, and gets traffic again once it answers', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  game.handle('wait', () => new Promise(() => {}))
  const selection = caller.select('game')
  if (selection.kind !== 'chosen') throw new Error('nobody to ask')
  const { instance, zone } = selection.candidate.record
  const key = `${game.node.id}/default/game/${zone}/${instance}`
  const { scoreOf } = caller.status()
  while (scoreOf(key) > 18) {
    const calls = Array.from({ length: 40 }, () => caller.call('game', 'wait', 0, { timeoutMs: 1 }))
    await Promise.all(calls)
  }
  await soon(() => scoreOf(key) > 20)
  t.is(scoreOf(key), 21)
})

test('a service that has gone is no longer called, and one that is new is', async (t) => {
  const clusters = new Clusters(t)
  const { caller, others } = await clusters.around('game', 2)
  const [first, second] = others as [(typeof others)[number], (typeof others)[number]]
  for (const cluster of others) cluster.handle('who', () => cluster.node.id.toString())
  await first.node.close()
  await until(caller, () => caller.getNodeList('game').length === 1)
  const calls = Array.from({ length: 20 }, () => caller.invoke('game', 'who'))
  t.deepEqual(new Set(await Promise.all(calls)), new Set([second.node.id.toString()]))
})
