import test from 'ava'
import { BusError, type BusNodeOptions } from '../../src/index.js'
import { resolveOptions } from '../../src/node/options.js'

const GOOD: BusNodeOptions = { id: 1n }

function errorOf(options: object): BusError {
  try {
    resolveOptions({ ...GOOD, ...options } as BusNodeOptions)
  } catch (error) {
    if (error instanceof BusError) return error
    throw error
  }
  throw new Error(
    `taken: ${JSON.stringify(options, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
  )
}

/** The option at fault, the code, and what the one line must name. */
const REFUSED: [options: object, code: string, names: string][] = [
  [{ id: -1n }, 'BAD_ARGUMENT', '-1'],
  [{ id: 2n ** 64n }, 'BAD_ARGUMENT', '18446744073709551616'],
  [{ id: 'abc' }, 'BAD_ARGUMENT', 'abc'],
  [{ id: undefined }, 'BAD_ARGUMENT', 'undefined'],
  [{ id: 0 }, 'BAD_CONFIGURATION', 'id 0'],
  [{ id: 0, parent: 'inproc://x', listen: ['inproc://y'] }, 'BAD_CONFIGURATION', 'id 0'],
  [{ parent: 'tcp://nowhere' }, 'BAD_ADDRESS', 'tcp://nowhere'],
  [{ parent: ['tcp://127.0.0.1:1', 'http://127.0.0.1:80'] }, 'BAD_ADDRESS', 'http://127.0.0.1:80'],
  [{ listen: ['tcp://127.0.0.1:70000'] }, 'BAD_ADDRESS', '70000'],
  [{ listen: ['shm://17'] }, 'BAD_ADDRESS', 'shm://17'],
  [{ listen: ['mem://17'] }, 'BAD_ADDRESS', 'mem://17'],
  [{ listen: [''] }, 'BAD_ADDRESS', 'expected'],
  [{ listen: ['tcp://0.0.0.0:0'] }, 'OPEN_LISTENER', 'tcp://0.0.0.0:0'],
  [{ listen: ['tcp://[::]:0'] }, 'OPEN_LISTENER', '[::]'],
  [{ listen: ['inproc://x', 'tcp://example.org:1'] }, 'OPEN_LISTENER', 'example.org'],
  [{ listen: ['ipv4://192.0.2.1:1'] }, 'OPEN_LISTENER', '192.0.2.1'],
  [{ tokens: [''] }, 'BAD_CONFIGURATION', 'token'],
  [{ tokens: ['a', new Uint8Array(0)] }, 'BAD_CONFIGURATION', 'token'],
  [{ tokens: ['1', '2', '3', '4', '5', '6'] }, 'BAD_CONFIGURATION', '6 tokens'],
  [{ keyExchange: 'rot13' }, 'BAD_CONFIGURATION', 'rot13'],
  [{ ciphers: ['aes-128-gcm', 'des'] }, 'BAD_CONFIGURATION', 'des'],
  [{ compression: ['zlib', 'rar'] }, 'BAD_CONFIGURATION', 'rar'],
  [{ encryption: 'required' }, 'BAD_CONFIGURATION', 'encryption'],
  [{ keyExchange: 'x25519', ciphers: [] }, 'BAD_CONFIGURATION', 'cipher'],
  [{ encryption: 'sometimes' }, 'BAD_CONFIGURATION', 'sometimes'],
  [{ plainPeers: 'maybe' }, 'BAD_CONFIGURATION', 'maybe'],
  [{ firstConnection: 'never' }, 'BAD_CONFIGURATION', 'never'],
  [{ clockSkewSeconds: -1 }, 'BAD_CONFIGURATION', 'clockSkewSeconds'],
  [{ clockSkewSeconds: Number.NaN }, 'BAD_CONFIGURATION', 'clockSkewSeconds'],
  [{ pingIntervalMs: -5 }, 'BAD_CONFIGURATION', 'pingIntervalMs: -5'],
  [{ pingIntervalMs: Number.POSITIVE_INFINITY }, 'BAD_CONFIGURATION', 'pingIntervalMs'],
  [{ keyRefreshMs: -1 }, 'BAD_CONFIGURATION', 'keyRefreshMs: -1'],
  [{ ttl: 0 }, 'BAD_CONFIGURATION', 'ttl: 0'],
  [{ ttl: 5_000 }, 'BAD_CONFIGURATION', 'ttl: 5000'],
  [{ messageBytesMax: 1 }, 'BAD_CONFIGURATION', 'messageBytesMax: 1'],
  [{ messageBytesMax: '2MiB' }, 'BAD_CONFIGURATION', 'messageBytesMax: 2MiB'],
  [{ sendBufferBytesMax: 1_000 }, 'BAD_CONFIGURATION', 'sendBufferBytesMax: 1000'],
  [{ sharedMemorySpinMicros: -1 }, 'BAD_CONFIGURATION', 'sharedMemorySpinMicros: -1'],
  [{ sharedMemorySpinMicros: 2e6 }, 'BAD_CONFIGURATION', 'sharedMemorySpinMicros'],
  [{ retry: { firstMs: -1 } }, 'BAD_CONFIGURATION', 'firstMs'],
  [{ retry: { maxMs: Number.NaN } }, 'BAD_CONFIGURATION', 'maxMs'],
  [{ retry: { jitter: 2 } }, 'BAD_CONFIGURATION', 'jitter'],
  [{ limits: { registerMs: Number.NaN } }, 'BAD_CONFIGURATION', 'registerMs'],
  [{ limits: { linksMax: -1 } }, 'BAD_CONFIGURATION', 'linksMax'],
  [{ limits: { pendingConnectionsMax: 0 } }, 'BAD_CONFIGURATION', 'pendingConnectionsMax'],
]

const show = (options: object) =>
  JSON.stringify(options, (_, value) => (typeof value === 'object' ? value : String(value)))

for (const [options, code, names] of REFUSED) {
  test(`refused with ${code}, in one line that names the value: ${show(options)}`, (t) => {
    const error = errorOf(options)
    t.is(error.code, code as never)
    t.true(error.message.startsWith(`${code}: `))
    t.true(error.message.includes(names), error.message)
    t.false(error.message.includes('\n'))
  })
}

const TAKEN: object[] = [
  { id: '0xffffffffffffffff' },
  { id: 2n ** 64n - 1n },
  { id: 0, parent: 'tcp://127.0.0.1:1' },
  {
    listen: [
      'tcp://127.0.0.1:0',
      'tcp://[::1]:0',
      'tcp://localhost:0',
      'unix:///tmp/x',
      'inproc://x',
    ],
  },
  { listen: ['tcp://0.0.0.0:0'], tokens: ['a'] },
  { listen: ['tcp://0.0.0.0:0'], allowOpenListener: true },
  { pingIntervalMs: 0, keyRefreshMs: 0, clockSkewSeconds: 0 },
  { keyExchange: 'p521', encryption: 'required', ciphers: ['xxtea'] },
  { compression: ['snappy', 'lz4', 'zstd', 'zlib'] },
  { messageBytesMax: 1_024, sendBufferBytesMax: 9_216 },
]

for (const options of TAKEN) {
  test(`taken: ${show(options)}`, (t) => {
    const resolved = resolveOptions({ ...GOOD, ...options })
    t.is(resolved.core.incarnation.length, 16)
  })
}

test('defaults are those of the family', (t) => {
  const { core, listen, sendBufferBytesMax } = resolveOptions(GOOD)
  t.deepEqual(listen, [])
  t.is(sendBufferBytesMax, 8 * 1024 * 1024)
  t.like(core, { parents: [], tokens: [], firstConnection: 'retry', announce: true })
  t.like(core.limits, {
    messageBytesMax: 2 * 1024 * 1024,
    ttl: 16,
    pingIntervalMs: 8_000,
    missedPingsMax: 2,
    registerMs: 5_000,
    halfRegisteredMs: 30_000,
  })
  t.like(core.security, { keyExchange: 'none', encryption: 'optional', clockSkewMaxSeconds: 300 })
})

test('every start is another life of the node', (t) => {
  const lives = Array.from({ length: 10 }, () => resolveOptions(GOOD).core)
  t.is(new Set(lives.map(({ incarnation }) => Buffer.from(incarnation).toString('hex'))).size, 10)
  t.is(new Set(lives.map(({ hashCode }) => hashCode)).size, 10)
  t.is(new Set(lives.map(({ hostname }) => hostname)).size, 1)
})

test('an option that is undefined counts as not given', (t) => {
  const nothing = { ttl: undefined, tokens: undefined, listen: undefined, retry: undefined }
  const loose = {
    ...GOOD,
    ...nothing,
    limits: { registerMs: undefined },
    retry: { maxMs: undefined },
  }
  const { core } = resolveOptions(loose as unknown as BusNodeOptions)
  t.is(core.limits.ttl, 16)
  t.is(core.limits.registerMs, 5_000)
  t.is(core.retry.maxMs, 3_000)
})
