import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { AddressAdvertiser } from '../../src/bootstrap/address-advertiser.js'
import { AddressFollower } from '../../src/bootstrap/address-follower.js'
import type { AdvertisingProvider } from '../../src/bootstrap/bootstrap-provider.js'
import { EtcdProvider } from '../../src/bootstrap/etcd-provider.js'
import { RedisProvider } from '../../src/bootstrap/redis-provider.js'
import { BusNode } from '../../src/index.js'
import { etcdSays, keyValue, PATIENCE_MS, patientOf, placeOf } from './_filled.js'
import { HandTimer } from './_hand-timer.js'
import { absence, etcdProgram, freePort, openStore, redisProgram, type Store } from './_stores.js'

const kinds = {
  redis: {
    program: redisProgram,
    open: (url: string, place: string): AdvertisingProvider =>
      new RedisProvider({ client: url, key: place, answerMs: PATIENCE_MS }),
  },
  etcd: {
    program: etcdProgram,
    open: (url: string, place: string): AdvertisingProvider =>
      new EtcdProvider({ ...patientOf(url), prefix: place }),
  },
}

async function storeOf(t: ExecutionContext, name: keyof typeof kinds): Promise<Store> {
  const store = await openStore(kinds[name].program)
  t.teardown(() => store.remove())
  return store
}

/** Asks again until the answer is the one; each round is a round trip to the server. */
async function until(read: () => Promise<boolean>): Promise<void> {
  while (!(await read().catch(() => false)));
}

/** What a step may be: a title with the reason where the program is missing. */
function runOf(name: keyof typeof kinds): { run: typeof test | typeof test.skip; why: string } {
  const reason = absence(kinds[name].program)
  if (reason === undefined) return { run: test, why: '' }
  return { run: test.skip, why: ` (skipped: ${reason})` }
}

for (const name of ['redis', 'etcd'] as const) {
  const { run, why } = runOf(name)
  const { open } = kinds[name]

  run(`001-01: a registry writes its real port to ${name} once a second${why}`, async (t) => {
    const { url } = await storeOf(t, name)
    const place = placeOf()
    const reader = open(url, place)
    const registries = await Promise.all(
      [1n, 2n].map(async (id) => {
        const node = await BusNode.start({ id, listen: ['tcp://127.0.0.1:0'] })
        const provider = open(url, place)
        const timer = new HandTimer()
        const addresses = (): readonly string[] => node.addresses
        const onFailure = (error: unknown): void => t.fail(String(error))
        const advertiser = new AddressAdvertiser(provider, { timer, addresses, onFailure })
        await advertiser.settled()
        t.is(timer.pending?.delayMs, 1_000)
        return { node, provider, advertiser }
      }),
    )
    const listed = registries.flatMap(({ node }) => node.addresses)
    t.regex(listed.join(), /^tcp:\/\/127\.0\.0\.1:[1-9]\d+,tcp:\/\/127\.0\.0\.1:[1-9]\d+$/)
    t.deepEqual([...(await reader.read())].sort(), [...listed].sort())
    for (const { node, provider, advertiser } of registries) {
      await advertiser.close()
      await provider.close()
      await node.close()
      listed.splice(0, 1)
      t.deepEqual(await reader.read(), listed)
    }
    await reader.close()
  })

  run(`what a registry wrote to ${name} ends with it, though it said nothing${why}`, async (t) => {
    const { url } = await storeOf(t, name)
    const place = placeOf()
    const [dead, reader] = [open(url, place), open(url, place)]
    await dead.advertise(['tcp://a:1'])
    t.deepEqual(await reader.read(), ['tcp://a:1'])
    await until(async () => (await reader.read()).length === 0)
    await dead.close()
    await reader.close()
  })

  run(`001-04: a registry that moves is at its new address in ${name} alone${why}`, async (t) => {
    const { url } = await storeOf(t, name)
    const place = placeOf()
    const [registry, reader] = [open(url, place), open(url, place)]
    for (const list of [['tcp://a:1'], ['tcp://a:2', 'unix:///a'], []]) {
      await registry.advertise(list)
      t.deepEqual(await reader.read(), list)
    }
    await registry.close()
    await reader.close()
  })

  run(`001-04: ${name} restarted empty has the address again, and its readers${why}`, async (t) => {
    const store = await storeOf(t, name)
    const place = placeOf()
    const seen: (readonly string[])[] = []
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    const [writing, reading] = [new HandTimer(), new HandTimer()]
    const registry = open(store.url, place)
    const addresses = (): readonly string[] => ['tcp://a:1']
    const advertiser = new AddressAdvertiser(registry, { timer: writing, addresses, onFailure })
    await advertiser.settled()
    const onAddresses = (list: readonly string[]): void => void seen.push(list)
    const options = { timer: reading, onAddresses, onFailure }
    const follower = new AddressFollower(open(store.url, place), options)
    const both = async (): Promise<void> => {
      for (const timer of [writing, reading]) timer.ring()
      await Promise.all([advertiser.settled(), follower.settled()])
    }
    await follower.settled()
    t.deepEqual([seen, failures], [[['tcp://a:1']], []])
    await store.kill()
    await both()
    t.is(failures.length, 2)
    t.is(seen.length, 1, 'the last list stands')
    await store.start({ empty: true })
    const outside = open(store.url, place)
    await until(async () => {
      await both()
      return (await outside.read()).length === 1
    })
    await both()
    t.deepEqual(seen.at(-1), ['tcp://a:1'])
    await follower.close()
    await advertiser.close()
    for (const provider of [registry, outside]) await provider.close()
  })

  test(`001-02a: a server for ${name} that never answers costs one limit, then is asked again`, async (t) => {
    const sockets: Socket[] = []
    const silent = createTcpServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    t.teardown(() => {
      silent.close()
      for (const socket of sockets) socket.destroy()
    })
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const timer = new HandTimer()
    const provider =
      name === 'redis'
        ? new RedisProvider({ client: `redis://127.0.0.1:${port}`, timer, answerMs: 300 })
        : new EtcdProvider({ endpoints: [`http://127.0.0.1:${port}`], timer, answerMs: 300 })
    for (let round = 0; round < 2; round++) {
      const reading = provider.read()
      while (timer.pending === undefined) await Promise.resolve()
      t.is(timer.pending?.delayMs, 300)
      timer.ring()
      await t.throwsAsync(reading, { message: /300 ms|etcd at/ })
    }
    await provider.close()
  })
}

const redisRun = runOf('redis')

redisRun.run(
  `the redis provider takes a client of ioredis or of redis, and leaves it open${redisRun.why}`,
  async (t) => {
    const { url } = await storeOf(t, 'redis')
    const ioredis = new Redis(url)
    const nodeRedis = {
      sendCommand: ([command = '', ...args]: string[]): Promise<unknown> =>
        ioredis.call(command, ...args),
    }
    for (const client of [ioredis, nodeRedis]) {
      const provider = new RedisProvider({ client, key: placeOf(), answerMs: PATIENCE_MS })
      await provider.advertise(['tcp://a:1'])
      t.deepEqual(await provider.read(), ['tcp://a:1'])
      await provider.close()
      t.is(ioredis.status, 'ready')
    }
    ioredis.disconnect()
  },
)

redisRun.run(
  `the limit of an answer is that of the connection as well${redisRun.why}`,
  async (t) => {
    const { url } = await storeOf(t, 'redis')
    const provider = new RedisProvider({ client: url, key: placeOf(), answerMs: PATIENCE_MS })
    // The loop stands still for longer than the limit that nobody asked for, while it connects.
    const stall = (): void => {
      const endMs = performance.now() + 1_500
      while (performance.now() < endMs);
    }
    const dialled = (): void => {
      unsubscribe('net.client.socket', dialled)
      // In this turn, behind all that the client does in it.
      let ticks = 50
      const later = (): void => {
        if (ticks-- > 0) queueMicrotask(() => process.nextTick(later))
        else stall()
      }
      later()
    }
    subscribe('net.client.socket', dialled)
    t.deepEqual(await provider.read(), [])
    await provider.close()
  },
)

const etcdRun = runOf('etcd')

etcdRun.run(
  `a change in etcd is read at once, a standing address again${etcdRun.why}`,
  async (t) => {
    const { url } = await storeOf(t, 'etcd')
    const place = placeOf()
    const registry = new EtcdProvider({ ...patientOf(url), prefix: place })
    const timer = new HandTimer()
    const waits: (number | undefined)[] = []
    const seen: (readonly string[])[] = []
    const follower = new AddressFollower(new EtcdProvider({ ...patientOf(url), prefix: place }), {
      timer: {
        after: (delayMs, run) => {
          waits.push(delayMs)
          return timer.after(delayMs, run)
        },
      },
      onAddresses: (list) => void seen.push(list),
      onFailure: (error) => t.fail(String(error)),
    })
    await follower.settled()
    t.deepEqual(waits, [1_000])
    // The watch may begin after a write: every one changes the address, until one is heard.
    for (let port = 1; waits.length === 1; port++) await registry.advertise([`tcp://a:${port}`])
    t.deepEqual(waits, [1_000, 50])
    timer.ring()
    await follower.settled()
    t.is(seen.length, 1)
    await follower.close()
    await registry.close()
  },
)

etcdRun.run(`a lease that etcd lost, or a key, is put back${etcdRun.why}`, async (t) => {
  const { url } = await storeOf(t, 'etcd')
  const prefix = placeOf()
  const provider = new EtcdProvider({ ...patientOf(url), prefix })
  const [from, past] = [prefix, `${prefix.slice(0, -1)}0`]
  const range = { key: keyValue(from, '').key, range_end: keyValue(past, '').key }
  await provider.advertise(['tcp://a:1'])
  const { leases } = (await etcdSays(url, 'lease/leases', {})) as { leases: { ID: string }[] }
  const losses = [
    () => etcdSays(url, 'lease/revoke', { ID: leases[0]?.ID }),
    () => etcdSays(url, 'kv/deleterange', range),
  ]
  for (const lose of losses) {
    await lose()
    t.deepEqual(await provider.read(), [])
    await provider.advertise(['tcp://a:1'])
    t.deepEqual(await provider.read(), ['tcp://a:1'])
  }
  const before = (await etcdSays(url, 'kv/range', range)) as { kvs: { mod_revision: string }[] }
  await provider.advertise(['tcp://a:1'])
  t.deepEqual(((await etcdSays(url, 'kv/range', range)) as typeof before).kvs, before.kvs)
  await provider.close()
  t.is((await etcdSays(url, 'kv/range', range)).kvs, undefined)
})

etcdRun.run(`of several etcd endpoints those that answer are used${etcdRun.why}`, async (t) => {
  const { url } = await storeOf(t, 'etcd')
  const away = `http://127.0.0.1:${await freePort()}`
  const broken = createServer((_, response) => void response.writeHead(503).end('{}'))
  broken.listen(0, '127.0.0.1')
  await once(broken, 'listening')
  const failing = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
  const provider = new EtcdProvider({ ...patientOf(away, failing, url), prefix: placeOf() })
  await provider.advertise(['tcp://a:1'])
  t.deepEqual(await provider.read(), ['tcp://a:1'])
  await provider.close()
  const nobody = new EtcdProvider(patientOf(away, failing))
  await t.throwsAsync(nobody.read(), { message: /DIAL_FAILED/ })
  await nobody.close()
  broken.close()
})

etcdRun.run(`etcd is told who asks, again after its token ended${etcdRun.why}`, async (t) => {
  const store = await storeOf(t, 'etcd')
  const { url } = store
  await etcdSays(url, 'auth/user/add', { name: 'root', password: 'secret' })
  await etcdSays(url, 'auth/role/add', { name: 'root' })
  await etcdSays(url, 'auth/user/grant', { user: 'root', role: 'root' })
  await etcdSays(url, 'auth/enable', {})
  const asked = patientOf(url)
  const nobody = new EtcdProvider(asked)
  const wrong = new EtcdProvider({ ...asked, user: 'root', password: 'wrong' })
  const root = new EtcdProvider({ ...asked, user: 'root', password: 'secret' })
  await t.throwsAsync(nobody.read(), { message: /REMOTE/ })
  await t.throwsAsync(wrong.read(), { message: /ACCESS_DENIED/ })
  await root.advertise(['tcp://a:1'])
  t.deepEqual(await root.read(), ['tcp://a:1'])
  // A server that restarts has forgotten its tokens.
  await store.kill()
  await store.start()
  await root.advertise(['tcp://a:2'])
  t.deepEqual(await root.read(), ['tcp://a:2'])
  for (const provider of [nobody, wrong, root]) await provider.close()
})

test('a strange answer of etcd is an error, whatever it is', async (t) => {
  const answers = ['', 'null', '7', '{', '[', `{"kvs":"${'x'.repeat(3_000_000)}"}`]
  const fake = createServer((_, response) => void response.end(answers.shift() ?? '{}'))
  fake.listen(0, '127.0.0.1')
  await once(fake, 'listening')
  const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}`
  const provider = new EtcdProvider(patientOf(url))
  while (answers.length > 0) await t.throwsAsync(provider.read(), { message: /etcd at/ })
  for (const kvs of ['7', '"x"', '[null, 7, {"value": 7}, {"value": "!!"}]']) {
    answers.push(`{"kvs":${kvs}}`)
    t.deepEqual(await provider.read(), [])
  }
  await t.throwsAsync(provider.advertise(['tcp://a:1']), { message: /granted no lease/ })
  await provider.close()
  fake.close()
  fake.closeAllConnections()
})

test('etcd endpoints that are none, and an empty prefix, are refused', (t) => {
  for (const endpoints of [[], ['ftp://a'], ['http://user:secret@a'], ['http://a/b']]) {
    t.throws(() => new EtcdProvider({ endpoints }), { message: /BAD_CONFIGURATION/ })
  }
  t.throws(() => new EtcdProvider({ endpoints: ['http://a'], prefix: '' }), {
    message: /BAD_CONFIGURATION/,
  })
})
