import test from 'ava'
import { announcedAddress, isLoopback, parseAddress } from '../../src/channel/address.js'
import { codeOfWire } from '../../src/core/dialler.js'
import { BUS_ERRORS, BusError, type BusErrorCode } from '../../src/errors.js'
import { resolveOptions } from '../../src/node/options.js'
import { BodyCursor } from '../../src/wire/body.js'
import { CIPHER_NAMES, CIPHERS } from '../../src/wire/ciphers.js'
import { COMPRESSION_NAMES, COMPRESSIONS } from '../../src/wire/compression.js'
import { CURVE_NAMES, CURVES } from '../../src/wire/key-exchange.js'
import { readVint, Vint, vintBytes, writeVint } from '../../src/wire/vint.js'
import { type Host, World } from '../core/_harness.js'
import { registrationOf } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { CHILD, codeOf, eventOf, Nodes, thrownCode } from '../node/_nodes.js'

const PARENT = 'ipv4://10.0.0.1:7000'

function root(): Host {
  const host = new World().host({ id: 0x100n })
  host.give({ kind: 'start' })
  return host
}

test('parity buffer.varint: lengths have the bytes of the family, and half of one is no length', (t) => {
  for (const [value, hex] of [
    [0, '00'],
    [127, '7f'],
    [128, '8100'],
    [2_080_160, 'fefb20'],
    [2_097_152, '81808000'],
    [Number.MAX_SAFE_INTEGER, '8fffffffffffff7f'],
  ] as const) {
    const bytes = new Uint8Array(vintBytes(value))
    t.is(writeVint(bytes, 0, value), bytes.length)
    t.is(Buffer.from(bytes).toString('hex'), hex)
    const found = new Vint()
    t.is(readVint(bytes, 0, bytes.length, found), 'ok')
    t.deepEqual([found.value, found.end], [value, bytes.length])
    for (let end = 0; end < bytes.length; end++) t.is(readVint(bytes, 0, end, found), 'more')
  }
  // 2^64 - 1 is a number of the family; as a length it is an attack.
  const endless = Uint8Array.of(0x81, ...Array(8).fill(0xff), 0x7f)
  t.is(readVint(endless, 0, endless.length, new Vint()), 'bad')
})

test('parity channel.address: schemes in any case, and what is not ours is no address', (t) => {
  for (const text of ['', 'mem://0x1234', 'shm://0x1234', 'ipv4:', 'ipv4://1.2.3.4', 'nothing']) {
    t.is(parseAddress(text), undefined, text)
  }
  for (const [text, announced, isLocal] of [
    ['ipv4://127.0.0.1:8123', 'ipv4://127.0.0.1:8123', true],
    ['IPV4://10.0.0.1:8123', 'ipv4://10.0.0.1:8123', false],
    ['atcp://10.0.0.1:8123', 'ipv4://10.0.0.1:8123', false],
    ['ipv6://::1:8123', 'ipv6://::1:8123', true],
    ['dns://localhost:8123', 'dns://localhost:8123', true],
    ['unix:///run/bus.sock', 'unix:///run/bus.sock', true],
    ['pipe:///run/bus.sock', 'unix:///run/bus.sock', true],
    ['inproc://name', undefined, true],
  ] as const) {
    const address = parseAddress(text)
    if (address === undefined) return t.fail(text)
    t.is(announcedAddress(address), announced, text)
    t.is(isLoopback(address), isLocal, text)
  }
})

test('parity go.channel_utility: hosts and ports are read as the family writes them', (t) => {
  for (const [text, host, port] of [
    ['ipv4://127.0.0.1:8123', '127.0.0.1', 8123],
    ['ipv6://::1:8123', '::1', 8123],
    ['ipv6://fe80::1:0', 'fe80::1', 0],
    ['dns://owent.net:8123', 'owent.net', 8123],
    ['tcp://[::1]:65535', '::1', 65_535],
  ] as const) {
    const address = parseAddress(text)
    t.deepEqual(address?.kind === 'tcp' && [address.host, address.port], [host, port], text)
  }
  for (const text of [
    'ipv4://127.0.0.1:65536',
    'ipv4://127.0.0.1:-1',
    'ipv4://127.0.0.1:',
    'ipv4://:80',
    'ipv4://1.2.3:80',
    'ipv6://::1',
    'dns://a b:1',
    '://127.0.0.1:80',
  ]) {
    t.is(parseAddress(text), undefined, text)
  }
})

test('parity libatbus_error.strerror_known_success: 0 on the wire is no error of ours', (t) => {
  const wires: number[] = Object.values(BUS_ERRORS).map(({ wire }) => wire)
  t.false(wires.includes(0))
  t.true(wires.every((wire) => Number.isInteger(wire) && wire < 0))
})

test('parity libatbus_error.strerror_known_samples: a text begins with its stable code', (t) => {
  for (const code of Object.keys(BUS_ERRORS) as BusErrorCode[]) {
    const error = new BusError(code, 'detail')
    t.is(error.message, `${code}: detail`)
    t.deepEqual([error.code, error.fault], [code, BUS_ERRORS[code].fault])
    t.true(BUS_ERRORS[code].says.length > 0)
  }
  t.deepEqual([-66, -11, -14, -71].map(codeOfWire), [
    'NO_ROUTE',
    'ACCESS_DENIED',
    'BAD_VERSION',
    'TTL',
  ])
})

test('parity libatbus_error.strerror_unknown_thread_local_cache: an unknown number is REMOTE, by itself', (t) => {
  for (const wire of [12_345, 12_346, -74, -201, -999, 1]) t.is(codeOfWire(wire), 'REMOTE')
})

test('parity go.error_code: every number that a peer may refuse or return with has a code', (t) => {
  const known = [-4, -8, -11, -14, -15, -65, -66, -67, -68, -70, -71, -72, -73, -75, -105, -211]
  // Not -232: what its sender cannot encrypt is never sent.
  const crypto = [-231, ...Array.from({ length: 10 }, (_, index) => -233 - index)]
  for (const wire of [...known, ...crypto, -602]) t.not(codeOfWire(wire), 'REMOTE', `${wire}`)
})

test('parity atbus_endpoint.is_child: a child is one step down, an unknown node nowhere', (t) => {
  const { topology } = root().core
  topology.update(0x200n, 0x100n)
  t.deepEqual(topology.relation(0x100n, 0x100n), { relation: 'self', nextHop: 0x100n })
  t.deepEqual(topology.relation(0x100n, 0x200n), {
    relation: 'immediate_downstream',
    nextHop: 0x200n,
  })
  t.deepEqual(topology.relation(0x100n, 0x300n), { relation: 'invalid', nextHop: 0n })
})

test('parity atbus_endpoint.get_connection: nothing is sent before a connection has registered', (t) => {
  const host = root()
  const silent = Stranger.to(host)
  t.is(host.send(0x200n, 'early'), 'no_route')
  silent.register(registrationOf({ id: 0x200n }))
  t.is(host.send(0x200n, 'over the control connection'), 'sent')
  t.is(silent.last().data?.text, 'over the control connection')
})

test('parity go.atbus_endpoint: a neighbour is there from its registration to its last connection', (t) => {
  const host = root()
  t.is(host.core.link(0x200n), undefined)
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n, pid: 7 }))
  t.like(host.core.link(0x200n), { id: 0x200n, role: 'child', plain: true, pid: 7 })
  child.hangUp()
  t.is(host.core.link(0x200n), undefined)
})

test('parity atbus_node_rela.child_endpoint_opr: who comes twice is there once, who is unknown cannot go', (t) => {
  const host = root()
  const first = Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  // It says itself that it has lost the link that stands here.
  const again = registrationOf({ id: 0x200n, life: 1, announcement: { attach: 1n } })
  const second = Stranger.to(host).join(again)
  t.is(host.core.links().length, 1)
  t.deepEqual([first.isOpen, second.isOpen], [false, true])
  host.give({ kind: 'disconnect', id: 0x999n })
  t.is(host.core.links().length, 1)
  host.give({ kind: 'disconnect', id: 0x200n })
  t.is(host.core.links().length, 0)
})

test('parity go.atbus_node_relationship: the coming and the going of a neighbour are told once each', (t) => {
  const host = root()
  Stranger.to(host).join(registrationOf({ id: 0x200n, life: 1 }))
  host.give({ kind: 'disconnect', id: 0x200n })
  host.give({ kind: 'disconnect', id: 0x200n })
  t.deepEqual(
    host.eventKinds().filter((kind) => kind.startsWith('link_')),
    ['link_up', 'link_down'],
  )
})

test('parity atbus_node_rela.copy_conf: nodes that are given the same options share none of them', (t) => {
  const options = { id: 1n, tokens: [new Uint8Array([1])], topology: [{ id: 2n, parent: 1n }] }
  const [one, other] = [resolveOptions(options), resolveOptions(options)]
  options.tokens[0]!.fill(9)
  t.deepEqual([...one.core.tokens[0]!], [1])
  t.not(one.core.tokens[0], other.core.tokens[0])
  t.notDeepEqual(one.core.incarnation, other.core.incarnation)
  t.is(resolveOptions({ id: 1n }).core.limits.ttl, 16)
})

test('parity atbus_node_setup.crypto_algorithms: each cipher and curve by name, others refused', (t) => {
  t.deepEqual(
    CIPHER_NAMES.map((name) => CIPHERS[name].wire),
    [1, 11, 12, 13, 14, 15, 16, 31, 32, 33],
  )
  for (const name of CIPHER_NAMES) {
    t.deepEqual(resolveOptions({ id: 1n, ciphers: [name] }).core.security.ciphers, [name])
  }
  for (const name of ['', 'AES', 'aes-256', 'AES-256-GCM', 'none']) {
    t.is(
      thrownCode(() => resolveOptions({ id: 1n, ciphers: [name as 'xxtea'] })),
      'BAD_CONFIGURATION',
      name,
    )
  }
})

test('parity go.atbus_node_setup: each key exchange by name, others refused', (t) => {
  t.deepEqual(
    CURVE_NAMES.map((name) => CURVES[name].wire),
    [1, 2, 3, 4],
  )
  for (const keyExchange of ['none', ...CURVE_NAMES] as const) {
    t.is(resolveOptions({ id: 1n, keyExchange }).core.security.keyExchange, keyExchange)
  }
  for (const name of ['', 'X25519', 'secp256k1']) {
    t.is(
      thrownCode(() => resolveOptions({ id: 1n, keyExchange: name as 'none' })),
      'BAD_CONFIGURATION',
      name,
    )
  }
})

test('parity atbus_node_setup.compression_algorithms: each by name, others refused', (t) => {
  t.deepEqual(
    COMPRESSION_NAMES.map((name) => COMPRESSIONS[name].wire),
    [100, 200, 300, 400],
  )
  for (const name of COMPRESSION_NAMES) {
    t.deepEqual(resolveOptions({ id: 1n, compression: [name] }).core.compressions, [name])
  }
  t.is(
    thrownCode(() => resolveOptions({ id: 1n, compression: ['gzip' as 'zlib'] })),
    'BAD_CONFIGURATION',
  )
})

test('parity atbus_node_setup.override_listen_path: a path in use is refused, a dead one taken over', async (t) => {
  const nodes = new Nodes(t)
  const listen = nodes.address('unix')
  const first = await nodes.start({ id: 1n, listen: [listen] })
  t.is(await codeOf(nodes.start({ id: 2n, listen: [listen] })), 'LISTEN_FAILED')
  const child = await nodes.start({ id: 3n, parent: listen })
  t.is(child.state, 'running')
  await first.close()
  const next = await nodes.start({ id: 2n, listen: [listen] })
  t.deepEqual(next.addresses, [listen])
})

test('parity atbus_node_msg.msg_handler_get_body_name: nine kinds by number, every other is unknown', (t) => {
  const kinds = [
    'command_req',
    'command_rsp',
    'data_req',
    'data_rsp',
    'register_req',
    'register_rsp',
    'ping',
    'pong',
    'handshake_confirm',
  ]
  const cursor = new BodyCursor()
  for (let number = 1; number <= 15; number++) {
    const body = Uint8Array.of((number << 3) | 2, 0)
    t.is(cursor.read(body, 0, 2), (kinds[number - 1] ?? 'unknown') as 'unknown', `${number}`)
  }
})

test('parity go.message_handle: a message without a kind that ours knows is dropped without a fault', (t) => {
  const host = root()
  const child = Stranger.to(host).join(registrationOf({ id: 0x200n }))
  for (let count = 0; count < 10; count++)
    child.sayMessage(Uint8Array.of(4, 8, 3, 0x48, 2, 0x52, 0))
  t.is(host.core.counters.unknownMessages, 10)
  t.true(child.isOpen)
})

test('parity go.atbus_connection: what went over a node is counted', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const before = parent.counters['received'] ?? 0
  for (let count = 0; count < 5; count++) child.send(parent.id, `${count}`)
  await child.confirm(parent.id, 'last')
  t.is((parent.counters['received'] ?? 0) - before, 6)
  t.is(child.counters['bytesPending'], 0)
  const down = eventOf(parent, 'link_down')
  await child.close()
  t.is((await down).link.id, CHILD)
})

test('parity go.atbus_topology: questions about nobody have an answer', (t) => {
  const { topology } = new World().host({ id: 0x100n, parents: [PARENT] }).core
  t.is(topology.get(0n), undefined)
  t.deepEqual(topology.children(0x999n), [])
  t.deepEqual([...topology.ancestors(0x999n)], [])
  t.false(topology.remove(0n))
  t.false(topology.allows({}, 0x999n, 0x100n))
  t.is(topology.relation(0n, 0n).relation, 'invalid')
})
