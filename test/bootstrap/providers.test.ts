import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { AddressFollower } from '../../src/bootstrap/address-follower.js'
import {
  ADDRESSES_MAX,
  type BootstrapProvider,
  lawfulAddresses,
} from '../../src/bootstrap/bootstrap-provider.js'
import { FileProvider } from '../../src/bootstrap/file-provider.js'
import { StaticProvider } from '../../src/bootstrap/static-provider.js'
import { filledEtcd, filledRedis } from './_filled.js'
import { HandTimer } from './_hand-timer.js'
import { absence, etcdProgram, openStore, redisProgram, type Store } from './_stores.js'

interface Made {
  readonly provider: BootstrapProvider
  remove(): void
}

const stores: Partial<Record<string, Store>> = {}
const programs = { redis: redisProgram, etcd: etcdProgram }

test.before(async () => {
  for (const [name, program] of Object.entries(programs)) {
    if (absence(program) === undefined) stores[name] = await openStore(program)
  }
})
test.after.always(async () => {
  for (const store of Object.values(stores)) await store?.remove()
})

function urlOf(name: keyof typeof programs): string {
  return stores[name]?.url ?? ''
}

function fileOf(text: string | undefined): Made & { path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-bootstrap-'))
  const path = join(folder, 'registries')
  if (text !== undefined) writeFileSync(path, text)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  return { provider: new FileProvider(path), remove, path }
}

/** Each provider with the same list in it. */
const providers: Readonly<Record<string, (raw: readonly string[]) => Made | Promise<Made>>> = {
  static: (addresses) => ({ provider: new StaticProvider(addresses), remove: () => undefined }),
  file: (addresses) => fileOf(addresses.join('\n')),
  redis: (addresses) => filledRedis(urlOf('redis'), addresses),
  etcd: (addresses) => filledEtcd(urlOf('etcd'), addresses),
}

for (const [name, make] of Object.entries(providers)) {
  const program = name === 'redis' || name === 'etcd' ? programs[name] : undefined
  const reason = program && absence(program)
  const run = reason === undefined ? test : test.skip
  const why = reason === undefined ? '' : ` (skipped: ${reason})`

  run(`001-01: the ${name} provider gives its addresses in order, each once${why}`, async (t) => {
    const { provider, remove } = await make(['tcp://a:1', 'unix:///b', 'tcp://a:1', ' tcp://c:2 '])
    t.teardown(remove)
    t.deepEqual(await provider.read(), ['tcp://a:1', 'unix:///b', 'tcp://c:2'])
    await provider.close()
  })

  run(`the ${name} provider drops what is no address, and what is too much${why}`, async (t) => {
    const many = Array.from({ length: ADDRESSES_MAX + 9 }, (_, i) => `tcp://h${i}:1`)
    const { provider, remove } = await make(['nonsense', `tcp://${'x'.repeat(300)}`, '', ...many])
    t.teardown(remove)
    t.deepEqual(await provider.read(), many.slice(0, ADDRESSES_MAX))
    await provider.close()
  })

  run(`the ${name} provider with nothing in it has an empty list${why}`, async (t) => {
    const { provider, remove } = await make([])
    t.teardown(remove)
    t.deepEqual(await provider.read(), [])
    await provider.close()
  })
}

test('a file that is not there is an empty list, and comments are none', async (t) => {
  const absent = fileOf(undefined)
  const commented = fileOf('# old\ntcp://a:1\n  # tcp://b:1\n')
  t.teardown(absent.remove)
  t.teardown(commented.remove)
  t.deepEqual(await absent.provider.read(), [])
  t.deepEqual(await commented.provider.read(), ['tcp://a:1'])
})

test('of a huge file only the beginning is read', async (t) => {
  const { provider, remove } = fileOf(`tcp://a:1\n${'#'.repeat(200_000)}\ntcp://b:1`)
  t.teardown(remove)
  t.deepEqual(await provider.read(), ['tcp://a:1'])
})

test('a folder instead of a file is an error, not a list', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-bootstrap-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await t.throwsAsync(new FileProvider(folder).read())
})

test('001-02a: who starts before the file exists reads it every second, and sees it come', async (t) => {
  const { provider, remove, path } = fileOf(undefined)
  t.teardown(remove)
  const timer = new HandTimer()
  const seen: (readonly string[])[] = []
  const onFailure = (error: unknown): void => t.fail(String(error))
  const onAddresses = (addresses: readonly string[]): void => void seen.push(addresses)
  const follower = new AddressFollower(provider, { timer, onAddresses, onFailure })
  await follower.settled()
  t.deepEqual(seen, [])
  t.is(timer.pending?.delayMs, 1_000)
  for (const text of ['tcp://a:1', 'tcp://a:1', 'tcp://b:1']) {
    writeFileSync(path, text)
    timer.ring()
    await follower.settled()
  }
  t.deepEqual(seen, [['tcp://a:1'], ['tcp://b:1']])
  await follower.close()
  t.is(timer.pending, undefined)
})

test('a source that cannot be asked is reported, and asked again', async (t) => {
  let reads = 0
  const provider: BootstrapProvider = {
    name: 'broken',
    read: async () => {
      if (reads++ === 0) throw new Error('away')
      return lawfulAddresses(['tcp://a:1'])
    },
    close: async () => undefined,
  }
  const timer = new HandTimer()
  const seen: (readonly string[])[] = []
  const failures: unknown[] = []
  const follower = new AddressFollower(provider, {
    timer,
    onAddresses: (addresses) => void seen.push(addresses),
    onFailure: (error) => void failures.push(error),
  })
  await follower.settled()
  t.is(failures.length, 1)
  timer.ring()
  await follower.settled()
  t.deepEqual(seen, [['tcp://a:1']])
  await follower.close()
})
