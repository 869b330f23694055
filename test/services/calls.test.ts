import test from 'ava'
import { all, BusError, bytesCodec, type Cluster, outcomeOf } from '../../src/index.js'
import { turns } from '../node/_nodes.js'
import { Clusters, soon, told } from './_clusters.js'

async function pair(clusters: Clusters): Promise<{ lobby: Cluster; caller: Cluster }> {
  const lobby = await clusters.join(['lobby'])
  const caller = await clusters.join()
  await caller.waitFor('lobby')
  return { lobby, caller }
}

const never = (): Promise<never> => new Promise(() => {})

test('X-01: 10,000 calls at once by promise each get their own answer', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle<number, number>('double', (n) => n * 2)
  const calls = Array.from({ length: 10_000 }, (_, n) => caller.invoke('lobby', 'double', n))
  const answers = await Promise.all(calls)
  t.true(answers.every((answer, n) => answer === n * 2))
  t.is(caller.status().callsOpen, 0)
})

test('X-02: a call without an answer ends at its own timeout, and a late answer is counted', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  let release: (() => void) | undefined
  lobby.handle('wait', () => new Promise<void>((resolve) => (release = resolve)))
  const outcome = await caller.call('lobby', 'wait', 1, { timeoutMs: 20 })
  t.is(outcome.kind, 'timeout')
  t.is(caller.status().lateAnswers, 0)
  await soon(() => release !== undefined)
  release?.()
  await soon(() => caller.status().lateAnswers === 1)
  t.is(caller.status().callsOpen, 0)
})

test('X-03: how a call ended can be told apart by value and by error', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('ok', () => 'yes')
  lobby.handle('no', () => {
    throw Object.assign(new Error('the room is full'), { code: 'NO_ROOM' })
  })
  lobby.handle('busy', () => {
    throw new BusError('OVERLOADED', 'later')
  })
  lobby.handle('wait', never)
  const outcomes = await all([
    caller.call('lobby', 'ok'),
    caller.call('lobby', 'no'),
    caller.call('lobby', 'busy'),
    caller.call('lobby', 'wait', 0, { timeoutMs: 10 }),
    caller.call('nobody', 'ok'),
    caller.call('lobby', 'unheard'),
  ])
  const kinds = outcomes.map(({ kind }) => kind)
  t.deepEqual(kinds, ['ok', 'application', 'overloaded', 'timeout', 'unreachable', 'refused'])
  t.like(outcomes[1], { code: 'NO_ROOM', says: 'the room is full' })
  t.like(outcomes[5], { reason: 'unknown_call' })
  const error = await t.throwsAsync(caller.invoke('lobby', 'no'))
  t.like(outcomeOf(error), { kind: 'application', code: 'NO_ROOM' })
  t.is(await caller.invoke('lobby', 'ok'), 'yes')
})

test('X-04: calls to a node that dies end at once with an unknown fate', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  let running = 0
  lobby.handle('wait', () => {
    running += 1
    return never()
  })
  const calls = [1, 2, 3].map(() => caller.call('lobby', 'wait'))
  await soon(() => running === 3)
  await lobby.node.close({ timeoutMs: 0 })
  const outcomes = await Promise.all(calls)
  t.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['unknown', 'unknown', 'unknown'],
  )
  t.is((await caller.call('lobby', 'wait')).kind, 'unreachable')
})

test('X-05: of a scope that is disposed with 100 open calls nothing is heard any more', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  const waiting: (() => void)[] = []
  lobby.handle('wait', () => new Promise<void>((resolve) => waiting.push(resolve)))
  const scope = caller.scope()
  let heard = 0
  const hear = (): void => {
    heard += 1
  }
  for (let i = 0; i < 100; i++) void scope.call('lobby', 'wait', i).then(hear, hear)
  await soon(() => waiting.length === 100)
  t.is(scope.pending, 100)
  scope.dispose()
  t.is(caller.status().callsOpen, 0)
  for (const release of waiting) release()
  await soon(() => caller.status().lateAnswers === 100)
  await turns()
  t.deepEqual([heard, scope.pending], [0, 0])
})

test('X-05: a scope lets the answers of its calls through while it lasts', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('ok', () => 1)
  using scope = caller.scope()
  t.like(await scope.call('lobby', 'ok'), { kind: 'ok', value: 1 })
  t.is(scope.pending, 0)
})

test('X-06: all() settles with one result for each, whatever the others became', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('ok', () => 7)
  lobby.handle('fail', () => Promise.reject(new TypeError('bad')))
  lobby.handle('wait', never)
  const results = await all([
    caller.call<number>('lobby', 'ok'),
    caller.call('lobby', 'wait', 0, { timeoutMs: 10 }),
    caller.call('lobby', 'fail'),
  ])
  t.like(results[0], { kind: 'ok', value: 7 })
  t.deepEqual([results[1].kind, results[2].kind], ['timeout', 'application'])
})

test('X-07: a call within a process touches no link, keeps order, copies and times out', async (t) => {
  const cluster = await new Clusters(t).join(['lobby'])
  const seen: unknown[] = []
  cluster.handle('push', (value) => {
    seen.push(value)
    return value
  })
  cluster.handle('wait', never)
  await cluster.waitFor('lobby')
  const before = cluster.node.counters['sent']
  const given = { list: [1] }
  const calls = [given, 2, 3].map((value) => cluster.call('lobby', 'push', value))
  given.list.push(2)
  const outcomes = await Promise.all(calls)
  t.deepEqual(seen, [{ list: [1] }, 2, 3])
  t.like(outcomes[0], { kind: 'ok', value: { list: [1] }, node: cluster.node.id })
  t.is((await cluster.call('lobby', 'wait', 0, { timeoutMs: 10 })).kind, 'timeout')
  // The directory may have said a word or two in the meantime, but no call did.
  const many = Array.from({ length: 200 }, () => cluster.call('lobby', 'push', 0))
  await Promise.all(many)
  const sent = (cluster.node.counters['sent'] ?? Number.NaN) - (before ?? Number.NaN)
  t.true(sent < many.length, `${sent}`)
})

test('X-07: calls and messages within a process keep one order', async (t) => {
  const cluster = await new Clusters(t).join(['lobby'])
  const seen: unknown[] = []
  for (const name of ['call', 'tell', 'shout']) cluster.handle(name, (value) => seen.push(value))
  await cluster.waitFor('lobby')
  const first = cluster.call('lobby', 'call', 1)
  cluster.send('lobby', 'tell', 2)
  cluster.broadcast('lobby', 'shout', 3)
  const last = cluster.call('lobby', 'call', 4)
  cluster.sendAll('shout', 5)
  await Promise.all([first, last])
  t.deepEqual(seen, [1, 2, 3, 4, 5])
})

test('X-19: the size limit holds within a process as between two', async (t) => {
  const cluster = await new Clusters(t).join(['lobby'], {}, { messageBytesMax: 65_536 })
  const codecs = { request: bytesCodec, response: bytesCodec }
  cluster.handle<Uint8Array, Uint8Array>('grow', (some) => new Uint8Array(some.length * 3), codecs)
  await cluster.waitFor('lobby')
  const grown = (bytes: number) =>
    cluster.call<Uint8Array, Uint8Array>('lobby', 'grow', new Uint8Array(bytes), codecs)
  const failed = told(cluster, 'handlerFailed')
  t.like(await grown(70_000), { kind: 'refused', reason: 'too_long' })
  t.is((await grown(30_000)).kind, 'bad_answer')
  t.like(await failed, { name: 'grow' })
  t.like(await grown(3000), { kind: 'ok' })
})

test('a call whose signal aborts ends at once, before and after it was made', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('wait', never)
  const signal = AbortSignal.abort('not wanted')
  t.like(await caller.call('lobby', 'wait', 0, { signal }), {
    kind: 'aborted',
    cause: 'not wanted',
  })
  const giveUp = new AbortController()
  const call = caller.call('lobby', 'wait', 0, { signal: giveUp.signal })
  await turns()
  giveUp.abort('enough')
  t.like(await call, { kind: 'aborted', cause: 'enough' })
  t.is(caller.status().callsOpen, 0)
})

test('a call is made again only where that is asked for, and only if it did not run', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  let asked = 0
  lobby.handle('busy', () => {
    asked += 1
    if (asked < 3) throw new BusError('OVERLOADED', 'later')
    return asked
  })
  t.is((await caller.call('lobby', 'busy')).kind, 'overloaded')
  t.like(await caller.call('lobby', 'busy', 0, { retries: 5 }), { kind: 'ok', value: 3 })
  let failed = 0
  lobby.handle('fail', () => {
    failed += 1
    throw new Error('no')
  })
  t.is((await caller.call('lobby', 'fail', 0, { retries: 5 })).kind, 'application')
  t.is(failed, 1)
})

test('X-19: a mebibyte passes both ways, and a message over the limit fails without harm', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle<string, string>('echo', (text) => text)
  lobby.handle('huge', () => 'x'.repeat(3 * 1024 * 1024))
  const mebibyte = 'x'.repeat(1024 * 1024)
  t.is(await caller.invoke('lobby', 'echo', mebibyte), mebibyte)
  const tooLong = await caller.call('lobby', 'echo', mebibyte.repeat(3))
  t.like(tooLong, { kind: 'refused', reason: 'too_long' })
  const failed = told(lobby, 'handlerFailed')
  t.is((await caller.call('lobby', 'huge')).kind, 'bad_answer')
  t.like(await failed, { name: 'huge' })
  t.throws(() => caller.send('lobby', 'echo', mebibyte.repeat(3)), { code: 'MESSAGE_TOO_LONG' })
  t.is(await caller.invoke('lobby', 'echo', 'still there'), 'still there')
})

test('a handler that answers twice is told so, and the first answer stands', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('twice', (_, call) => {
    call.reply(1)
    call.reply(2)
  })
  lobby.handle('both', (_, call) => {
    call.reply(1)
    return 2
  })
  for (const name of ['twice', 'both']) {
    const failed = told(lobby, 'handlerFailed')
    t.is(await caller.invoke('lobby', name), 1)
    t.like(await failed, { name, error: { code: 'BAD_ARGUMENT' } })
  }
})

test('a payload that a handler cannot read is refused on both sides', async (t) => {
  const { lobby, caller } = await pair(new Clusters(t))
  lobby.handle('json', () => 1)
  const failed = told(lobby, 'handlerFailed')
  const request = { encode: () => new Uint8Array([0xff]), decode: () => 0 }
  const outcome = await caller.call('lobby', 'json', 0, { request })
  t.like(outcome, { kind: 'refused', reason: 'bad_payload' })
  t.like(await failed, { name: 'json', from: caller.node.id })
  t.like(await caller.call('lobby', 'json', 1n), { kind: 'refused', reason: 'bad_payload' })
})

test('over the calls that may run at once, further ones are refused as overloaded', async (t) => {
  const clusters = new Clusters(t)
  const lobby = await clusters.join(['lobby'], { callsRunningMax: 2 })
  const caller = await clusters.join()
  await caller.waitFor('lobby')
  lobby.handle('wait', never)
  const outcomes: string[] = []
  const calls = [1, 2, 3].map(() => caller.call('lobby', 'wait'))
  for (const call of calls) void call.then(({ kind }) => outcomes.push(kind))
  await soon(() => outcomes.length > 0)
  t.deepEqual(outcomes, ['overloaded'])
})
