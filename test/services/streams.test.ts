import test, { type ExecutionContext } from 'ava'
import { type Cluster, outcomeOf } from '../../src/index.js'
import { Clusters, soon, told } from './_clusters.js'

async function two(t: ExecutionContext): Promise<{ game: Cluster; caller: Cluster }> {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  return { game, caller }
}

async function* upTo(end: number): AsyncGenerator<number> {
  for (let number = 0; number < end; number++) yield number
}

async function all<Part>(parts: AsyncIterable<Part>): Promise<Part[]> {
  const read: Part[] = []
  for await (const part of parts) read.push(part)
  return read
}

for (const count of [0, 1, 63, 64, 65, 128, 1000]) {
  test(`a stream of ${count} parts is read whole and in order, and leaves nothing`, async (t) => {
    const { game, caller } = await two(t)
    game.handle<number, number>('count', (end) => upTo(end))
    const expected = Array.from({ length: count }, (_, number) => number)
    t.deepEqual(await all(caller.stream('game', 'count', count)), expected)
    t.deepEqual(await all(game.stream('game', 'count', count)), expected)
    t.is(game.status().callsRunning, 0)
    t.is(caller.status().callsOpen, 0)
    t.is(caller.status().lateAnswers, 0)
  })
}

test('a slow reader is felt by the handler: at most 128 parts are made ahead', async (t) => {
  const { game, caller } = await two(t)
  let made = 0
  game.handle('count', async function* () {
    for (; made < 10_000; made++) yield made
  })
  const parts = caller.stream<number>('game', 'count')
  for (let read = 1; read <= 500; read++) {
    t.is((await parts.next()).value, read - 1)
    // Time for as much as it would make.
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
    t.true(made <= read + 128, `${made} made, ${read} read`)
  }
  await parts.return()
})

test('a part is read when it is there, not when a batch is full', async (t) => {
  const { game, caller } = await two(t)
  let go: (() => void) | undefined
  game.handle('two', async function* () {
    yield 'first'
    await new Promise<void>((resolve) => {
      go = resolve
    })
    yield 'second'
  })
  const parts = caller.stream('game', 'two')
  t.is((await parts.next()).value, 'first')
  await soon(() => go !== undefined)
  go?.()
  t.is((await parts.next()).value, 'second')
  t.true((await parts.next()).done)
})

test('parts of many bytes pass, in batches within their bound', async (t) => {
  const { game, caller } = await two(t)
  const sizes = [200_000, 10, 60_000, 60_000, 1, 1_000_000]
  game.handle('long', async function* () {
    for (const size of sizes) yield 'x'.repeat(size)
  })
  const read = await all(caller.stream<string>('game', 'long'))
  t.deepEqual(
    read.map(({ length }) => length),
    sizes,
  )
})

test('a reader that leaves its loop ends the handler, where it yields or where it waits', async (t) => {
  const { game, caller } = await two(t)
  const ended: string[] = []
  game.handle('yields', async function* () {
    try {
      for (let number = 0; ; number++) yield number
    } finally {
      ended.push('yields')
    }
  })
  game.handle('waits', async function* (_, { signal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    ended.push('waits')
  })
  for (const name of ['yields', 'waits']) {
    for await (const _ of caller.stream('game', name)) break
    await soon(() => ended.includes(name) && game.status().callsRunning === 0)
  }
  await soon(() => caller.status().callsOpen === 0)
  t.deepEqual(ended, ['yields', 'waits'])
})

test('a stream whose signal aborts ends as ABORTED, and its handler is told', async (t) => {
  const { game, caller } = await two(t)
  game.handle('wait', async function* (_, { signal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const giveUp = new AbortController()
  const parts = caller.stream('game', 'wait', 0, { signal: giveUp.signal })
  await parts.next()
  const next = parts.next()
  giveUp.abort('enough')
  const error = await t.throwsAsync(next, { code: 'ABORTED' })
  t.like(outcomeOf(error), { kind: 'aborted', cause: 'enough' })
  await soon(() => game.status().callsRunning === 0)
  await t.throwsAsync(all(caller.stream('game', 'wait', 0, { signal: giveUp.signal })), {
    code: 'ABORTED',
  })
})

test('what a handler throws comes after the parts before it, and is told on its side', async (t) => {
  const { game, caller } = await two(t)
  game.handle('fails', async function* () {
    yield 1
    yield 2
    throw new RangeError('no more')
  })
  const failed = told(game, 'handlerFailed')
  const read: unknown[] = []
  const error = await t.throwsAsync(
    async () => {
      for await (const part of caller.stream('game', 'fails')) read.push(part)
    },
    { code: 'REMOTE' },
  )
  t.deepEqual(read, [1, 2])
  t.like(outcomeOf(error), { kind: 'application', code: 'RangeError', says: 'no more' })
  t.like(await failed, { name: 'fails', from: caller.node.id })
  t.is(game.status().callsRunning, 0)
})

test('a stream whose next part does not come in time ends as TIMEOUT', async (t) => {
  const { game, caller } = await two(t)
  const waits = async function* (_: unknown, { signal }: { readonly signal: AbortSignal }) {
    yield await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  game.handle('wait', waits)
  game.handle('later', async (_, call) => waits(_, call))
  // Its promise comes true only once nobody wants it any more.
  game.handle('never', (_, call) => {
    return new Promise<never>((_resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(new Error('too late')))
    })
  })
  for (const name of ['wait', 'later', 'never']) {
    const parts = caller.stream('game', name, 0, { timeoutMs: 20 })
    await t.throwsAsync(parts.next(), { code: 'TIMEOUT' })
    await soon(() => game.status().callsRunning === 0)
  }
})

test('a reader whose handler is gone hears of it, and the other way round', async (t) => {
  const { game, caller } = await two(t)
  let hasEnded = false
  game.handle('wait', async function* (_, { signal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const parts = caller.stream('game', 'wait')
  await parts.next()
  await game.node.close({ timeoutMs: 0 })
  const error = await t.throwsAsync(parts.next())
  t.regex(`${outcomeOf(error)?.kind}`, /^(unknown|unreachable)$/)

  const clusters = new Clusters(t)
  const world = await clusters.join(['world'])
  const reader = await clusters.join()
  await reader.waitFor('world')
  world.handle('wait', async function* (_, { signal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    hasEnded = true
  })
  await reader.stream('world', 'wait').next()
  await reader.node.close({ timeoutMs: 0 })
  await soon(() => hasEnded && world.status().callsRunning === 0)
  t.true(hasEnded)
})

test('a closed cluster ends the streams on both of its sides', async (t) => {
  const { game, caller } = await two(t)
  let ends = 0
  const wait = async function* (_: unknown, { signal }: { readonly signal: AbortSignal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    ends += 1
  }
  game.handle('wait', wait)
  const parts = caller.stream('game', 'wait')
  const others = caller.stream('game', 'wait')
  await Promise.all([parts.next(), others.next()])
  await caller.close()
  await t.throwsAsync(parts.next(), { code: 'ABORTED' })
  await game.close()
  await soon(() => ends === 2)
  await t.throwsAsync(all(caller.stream('game', 'wait')), { code: 'NODE_CLOSED' })
})

test('a call of a stream and a stream of a call are each one clear error', async (t) => {
  const { game, caller } = await two(t)
  game.handle<number, number>('count', (end) => upTo(end))
  game.handle('once', () => 1)
  for (const wrong of [
    () => caller.invoke('game', 'count', 1),
    () => all(caller.stream('game', 'once')),
  ]) {
    const failed = told(game, 'handlerFailed')
    const error = await t.throwsAsync(wrong(), { code: 'REMOTE' })
    t.like(outcomeOf(error), { kind: 'application', code: 'UNSUPPORTED' })
    t.like(await failed, { error: { code: 'UNSUPPORTED' } })
  }
  await t.throwsAsync(all(caller.stream('game', 'nobody')), { code: 'UNSUPPORTED' })
  await t.throwsAsync(all(caller.stream('nothing', 'count')), { code: 'NO_SERVICE' })
  t.is(game.status().callsRunning, 0)
})

test('streams count as what runs: over the limit further ones are refused', async (t) => {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'], { callsRunningMax: 1 })
  const caller = await clusters.join()
  await caller.waitFor('game')
  game.handle<number, number>('count', (end) => upTo(end))
  const parts = caller.stream('game', 'count', 200)
  await parts.next()
  await t.throwsAsync(all(caller.stream('game', 'count', 1)), { code: 'OVERLOADED' })
  // The one that runs goes on.
  t.is((await all(parts)).length, 199)
  t.deepEqual(await all(caller.stream('game', 'count', 1)), [0])
})
