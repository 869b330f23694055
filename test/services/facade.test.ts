import test from 'ava'
import { Cluster, IP_KIND } from '../../src/index.js'
import { Clusters, REGISTRY, soon, until } from './_clusters.js'

/** What a cluster was sent under one name. */
function heard(cluster: Cluster, name: string | number): unknown[] {
  const messages: unknown[] = []
  cluster.handle(name, (message) => {
    messages.push(message)
  })
  return messages
}

const GAME = {
  app: 'game',
  addrs: ['10.0.0.7', '203.0.113.7'],
  ports: [7001, 7002],
  version: '1.4.2',
  overload: [3, 8],
}

test('001-06, 001-07, 001-11: id, type and version are the same at home and from elsewhere', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join([GAME])
  const other = await clusters.join()
  await other.waitFor('game')
  const { self } = game
  const seen = other.getNode(self.id)
  t.is(self.id, game.node.id)
  t.deepEqual([seen?.id, seen?.type, seen?.version], [self.id, 'game', '1.4.2'])
  t.deepEqual([self.type, self.version], ['game', '1.4.2'])
  t.is(other.select('game', { version: '1.4.2' }).kind, 'chosen')
  t.is(other.select('game', { version: '2' }).kind, 'refused')
})

test('001-08, 001-09: addresses by kind and ports by place; out of range is a range error', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join([GAME])
  const other = await clusters.join()
  const seen = await other.waitFor('game')
  for (const peer of [game.self, seen]) {
    t.deepEqual([peer.ip(0), peer.ip(IP_KIND.OUTER)], ['10.0.0.7', '203.0.113.7'])
    t.deepEqual([peer.port(0), peer.port(1)], [7001, 7002])
    for (const kind of [-1, 2, 0.5]) t.throws(() => peer.ip(kind), { instanceOf: RangeError })
    for (const place of [-1, 2]) t.throws(() => peer.port(place), { instanceOf: RangeError })
  }
})

test('001-10: overload figures can be changed, are seen elsewhere and choose the least loaded', async (t) => {
  const clusters = new Clusters(t)
  const busy = await clusters.join([GAME])
  const idle = await clusters.join([GAME])
  const other = await clusters.join()
  await until(other, () => other.getNodeList('game').length === 2)
  busy.setOverload([90, 1])
  idle.setOverload([10, 1])
  const figure = (cluster: Cluster) => other.getNode(cluster.self.id)?.overload(0)
  await until(other, () => figure(busy) === 90 && figure(idle) === 10)
  for (let i = 0; i < 20; i++) {
    t.is(other.getNodeOne('game', { selector: 'leastLoad' })?.id, idle.node.id)
  }
  t.throws(() => busy.self.overload(2), { instanceOf: RangeError })
})

test('001-12: one of a type by chance is even, reproducible, and null for an empty type', async (t) => {
  const clusters = new Clusters(t)
  for (let i = 0; i < 3; i++) await clusters.join(['game'])
  let state = 1
  const chance = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const caller = await clusters.join([], { chance })
  await until(caller, () => caller.getNodeList('game').length === 3)
  const pick = (count: number) =>
    Array.from({ length: count }, () => caller.getNodeOne('game')?.id ?? 0n)
  const counts = new Map<bigint, number>()
  for (const id of pick(30_000)) counts.set(id, (counts.get(id) ?? 0) + 1)
  t.is(counts.size, 3)
  for (const count of counts.values()) t.true(Math.abs(count - 10_000) <= 300, `${count}`)
  state = 7
  const first = pick(20)
  state = 7
  t.deepEqual(pick(20), first)
  t.is(caller.getNodeOne('nothing'), null)
})

test('001-13, 001-14, 001-15: lists hold all who are reachable and are not changed later', async (t) => {
  const clusters = new Clusters(t)
  const games = [await clusters.join(['game']), await clusters.join(['game'])]
  const lobby = await clusters.join(['lobby'])
  await until(lobby, () => lobby.getNodeList('game').length === 2)
  const list = lobby.getNodeList('game')
  const ids = games.map(({ node }) => node.id)
  t.deepEqual(list.map(({ id }) => id).sort(), ids)
  t.deepEqual(
    lobby.getNodeList('lobby').map(({ id }) => id),
    [lobby.node.id],
  )
  const all = lobby.getNodeAll().map(({ id }) => id)
  t.deepEqual(all.sort(), [REGISTRY, ...ids, lobby.node.id])
  for (const id of ids) t.like(lobby.getNode(id), { id, type: 'game' })
  t.is(lobby.getNode(0xdeadn), undefined)
  t.throws(() => lobby.getNode('no id'), { code: 'BAD_ARGUMENT' })
  await games[0]?.node.close()
  await until(lobby, () => lobby.getNodeList('game').length === 1)
  t.is(list.length, 2)
})

test('001-16, 001-28: a node is had until it leaves, and again as another life after its return', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const other = await clusters.join()
  const { id } = game.node
  const events: string[] = []
  other.on('serviceUp', ({ node }) => node === id && events.push(`up ${other.haveNode(id)}`))
  other.on('serviceDown', ({ node }) => node === id && events.push(`down ${other.haveNode(id)}`))
  await other.waitFor('game')
  const life = other.getNode(id)?.incarnation
  await game.node.close()
  await until(other, () => !other.haveNode(id))
  t.is(other.getNode(id), undefined)
  await clusters.join(['game'], {}, { id })
  await until(other, () => other.haveNode(id))
  t.deepEqual(events.slice(-2), ['down false', 'up true'])
  const next = other.getNode(id)?.incarnation
  for (const one of [life, next]) t.regex(one ?? '', /^[0-9a-f]{12}7[0-9a-f]{19}$/)
  t.not(life, next)
})

test('001-17, 001-18: a line for each node of a type, or of all', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join([GAME])
  const other = await clusters.join(['lobby'])
  await other.waitFor('game')
  const lines: string[] = []
  other.printNodeInfo((line) => lines.push(line), 'game')
  const id = `0x${game.node.id.toString(16)}`
  t.deepEqual(lines, [`node id=${id} type=game ports=7001,7002 inner=10.0.0.7 outer=203.0.113.7`])
  lines.length = 0
  other.printAllNodeInfo((line) => lines.push(line))
  t.is(lines.length, other.getNodeAll().length)
})

test('001-19: one of a type gets what is sent to one, and nobody what has no target', async (t) => {
  const clusters = new Clusters(t)
  const { caller, others } = await clusters.around('game', 3)
  const boxes = others.map((cluster) => heard(cluster, 'hello'))
  t.true(caller.sendOne('game', 'hello', { n: 1 }))
  await soon(() => boxes.flat().length === 1)
  t.deepEqual(boxes.flat(), [{ n: 1 }])
  t.false(caller.sendOne('nothing', 'hello'))
  t.is(caller.send('nothing', 'hello'), 'no_service')
})

test('001-20: a message to a type reaches each of it once, the sender only where it belongs to it', async (t) => {
  const clusters = new Clusters(t)
  const games = [await clusters.join(['game']), await clusters.join(['game'])]
  const [first, second] = games as [Cluster, Cluster]
  await until(first, () => first.getNodeList('game').length === 2)
  const boxes = games.map((cluster) => heard(cluster, 12))
  t.is(first.sendByType('game', 12, 'all'), 2)
  t.is(first.sendByType('game', 12, 'others', true), 1)
  await soon(() => boxes.flat().length === 3)
  t.deepEqual(boxes, [['all'], ['all', 'others']])
  t.is(second.sendByType('nothing', 12), 0)
})

test('001-21, 001-22: a message by id reaches that node across levels, and nobody once it is gone', async (t) => {
  const clusters = new Clusters(t)
  const listen = [clusters.directories.nodes.address('inproc')]
  const middle = await clusters.join(['middle'], {}, { listen })
  const leaf = await clusters.join(['leaf'], {}, { parent: middle.node.addresses })
  const other = await clusters.join(['other'])
  const peer = await other.waitFor('leaf')
  const boxes = [leaf, middle, other].map((cluster) => heard(cluster, 'hello'))
  t.true(other.sendById(leaf.node.id, 'hello', 1))
  t.true(peer.sendMsg('hello', 2))
  await soon(() => boxes.flat().length === 2)
  t.deepEqual(boxes, [[1, 2], [], []])
  t.false(other.sendById(0xdeadn, 'hello'))
  await leaf.node.close()
  await until(other, () => !other.haveNode(peer.id))
  t.false(peer.sendMsg('hello', 3))
})

test('001-23: a message to all reaches every node once, and the sender unless it is left out', async (t) => {
  const clusters = new Clusters(t)
  const { caller, others } = await clusters.around('game', 3)
  const boxes = [...others, caller].map((cluster) => heard(cluster, 'hello'))
  const big = 'x'.repeat(1024 * 1024)
  t.is(caller.sendAll('hello', big), 5)
  t.is(caller.sendAll('hello', 'others', true), 4)
  await soon(() => boxes.flat().length === 7)
  t.deepEqual(
    boxes.map((box) => box.map((text) => String(text).length)),
    [[big.length, 6], [big.length, 6], [big.length, 6], [big.length]],
  )
})

test('X-14: a strategy of the program serves send, invoke and select alike', async (t) => {
  const clusters = new Clusters(t)
  const { caller, others } = await clusters.around('game', 3)
  const [wanted] = others as [Cluster]
  caller.registerSelector('favourite', {
    pick: (candidates) => candidates.find(({ node }) => node === wanted.node.id),
  })
  const target = { app: 'game', selector: 'favourite' }
  const box = heard(wanted, 'hello')
  for (const cluster of others) cluster.handle('who', () => String(cluster.node.id))
  for (let i = 0; i < 10; i++) {
    t.like(caller.select('game', target), { candidate: { node: wanted.node.id } })
    t.is(await caller.invoke(target, 'who'), String(wanted.node.id))
    t.is(caller.send(target, 'hello', i), 'sent')
  }
  await soon(() => box.length === 10)
  t.throws(() => caller.registerSelector('favourite', { pick: () => undefined }), {
    code: 'BAD_ARGUMENT',
  })
  caller.registerSelector('mad', { pick: () => ({}) as never })
  const outcome = await caller.call({ app: 'game', selector: 'mad' }, 'who')
  t.like(outcome, { kind: 'refused', reason: 'bad_selector' })
})

test('X-16: services of one process are told of each other once, one that starts late too', async (t) => {
  const clusters = new Clusters(t)
  const ups: string[] = []
  const directory = await clusters.directories.root(0x77n)
  const cluster = Cluster.over(directory)
  t.teardown(() => cluster.close())
  cluster.on('serviceUp', ({ record, isOwn }) => isOwn && ups.push(record.app))
  cluster.registerService('s1')
  cluster.registerService({ app: 's2', serviceId: 7 })
  t.deepEqual(ups, ['s1', 's2'])
  t.is(cluster.getNodeOne('s2')?.id, 0x77n)
  cluster.handle('who', () => 'me')
  t.is(await cluster.invoke({ serviceId: 7 }, 'who'), 'me')
  t.true(cluster.withdrawService('s2'))
  t.is((await cluster.call({ serviceId: 7 }, 'who')).kind, 'unreachable')
})

test('X-18: who drains gets no selected traffic, finishes what runs, and is then withdrawn', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  let finish: ((value: string) => void) | undefined
  game.handle('work', () => new Promise<string>((resolve) => (finish = resolve)))
  const call = caller.invoke('game', 'work')
  await soon(() => finish !== undefined)
  const drained = game.drain({ quietMs: 1 })
  await until(caller, () => caller.getNodeOne('game') === null)
  t.is(caller.send('game', 'work'), 'no_service')
  t.is(caller.getNodeList('game').length, 1)
  finish?.('done')
  t.is(await call, 'done')
  t.true(await drained)
  await until(caller, () => caller.getNodeList('game').length === 0)
})
