import test from 'ava'
import type { CoreConfig } from '../../src/core/config.js'
import { DEFAULT_SECURITY } from '../../src/core/config.js'
import { codeOfWire } from '../../src/core/dialler.js'
import { Topology } from '../../src/core/topology.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { CIPHERS, type CipherName } from '../../src/wire/ciphers.js'
import { COMPRESSIONS } from '../../src/wire/compression.js'
import { OutgoingHead } from '../../src/wire/head-writer.js'
import { type Host, World } from '../core/_harness.js'
import { registrationOf } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { bodyOf, innerOfHead, KeyedPeer } from './_keyed-peer.js'

const PARENT = 'ipv4://10.0.0.1:7000'

/** A child of a plain node, whose connections the test holds: control first, then data. */
function underPlainParent(overrides: Partial<CoreConfig> = {}): { host: Host; parent: Stranger[] } {
  const host = new World().host({ id: 0x200n, parents: [PARENT], ...overrides })
  const parent = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const answer = { kind: 'register_rsp', register: registrationOf({ id: 0x100n }) } as const
  for (const index of [0, 1]) parent[index]?.say(answer)
  return { host, parent }
}

function texts(host: Host): string[] {
  return host.messages.map(({ text }) => text)
}

/** A clear data message whose head still says what an earlier hop had done to it. */
function staleForward(
  text: string,
  stale: { cipher?: CipherName; compression?: number },
  to = 0x200n,
): Uint8Array {
  const body = bodyOf({ from: 0x300n, to, text })
  const head = new OutgoingHead()
  head.sequenceLo = 5
  head.bodyBytes = body.length
  if (stale.cipher !== undefined) {
    head.cryptoAlgorithm = CIPHERS[stale.cipher].wire
    head.iv = new Uint8Array(CIPHERS[stale.cipher].ivBytes).fill(3)
    head.aad = new Uint8Array(16).fill(4)
  }
  head.compressionType = stale.compression ?? 0
  head.compressedBytes = head.compressionType === 0 ? 0 : 100
  return innerOfHead(head, body)
}

const ZSTD = COMPRESSIONS.zstd.wire

test('quirk G.4-1: a clear body under the stale head of an earlier hop is read as clear', (t) => {
  const { host, parent } = underPlainParent()
  const text = 'x'.repeat(2_000)
  for (const stale of [
    { cipher: 'aes-256-gcm' },
    { cipher: 'xxtea' },
    { compression: ZSTD },
    { cipher: 'aes-256-cbc', compression: ZSTD },
  ] as const) {
    parent[1]?.sayMessage(staleForward(text, stale))
    t.is(texts(host).at(-1), text, JSON.stringify(stale))
  }
  t.is(host.messages.length, 4)
  t.true(parent[1]?.isOpen)
})

test('quirk G.4-1: where this link has a cipher or that compression, a stale head is a fault', (t) => {
  const { host, parent } = underPlainParent({ compressions: ['zlib'] })
  const stale = staleForward('x'.repeat(2_000), { compression: COMPRESSIONS.zlib.wire })
  for (let count = 1; count <= 3; count++) {
    t.true(parent[1]?.isOpen, `before ${count}`)
    parent[1]?.sayMessage(stale)
  }
  t.deepEqual(texts(host), [])
  const down = host.events.find(({ kind }) => kind === 'link_down')
  t.is(down?.kind === 'link_down' && down.code, 'COMPRESSION')
})

test('quirk G.4-1: ours passes a sealed message on without a word of its cipher', (t) => {
  const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
  const host = new World().host({ id: 0x100n, security })
  const peer = new KeyedPeer()
  const from = Stranger.to(host)
  const handshake = peer.handshake(77n, [CIPHERS['aes-256-gcm'].wire])
  const answer = from.register(registrationOf({ id: 0x200n, life: 1, handshake }))
  if (answer.control?.kind !== 'register_rsp') return t.fail('no answer')
  peer.agree(answer.control.register.handshake, 'aes-256-gcm')
  from.say({ kind: 'handshake_confirm', sequence: 77n })
  const clear = Stranger.to(host).join(registrationOf({ id: 0x300n, life: 2 }))
  from.sayMessage(peer.sealed({ from: 0x200n, to: 0x300n, text: 'through' }))
  t.deepEqual([clear.last().cryptoAlgorithm, clear.last().data?.text], [0, 'through'])
})

test('quirk G.4-7: what a plain parent or sibling wants taken up again comes back to it', (t) => {
  const { host, parent } = underPlainParent()
  parent[1]?.sayData({ from: 0x300n, to: 0x999n, text: 'up again' })
  const answer = parent[0]?.heardMessages.concat(parent[1]?.heardMessages ?? []).at(-1)
  t.deepEqual([answer?.kind, answer?.resultCode], ['data_rsp', -66])
  const role = { announcement: { role: 2, expectedId: 0x200n } }
  const sibling = Stranger.to(host).join(registrationOf({ id: 0x300n, life: 3, ...role }))
  sibling.sayData({ from: 0x300n, to: 0x999n, text: 'up from the side' })
  t.deepEqual([sibling.last().kind, sibling.last().resultCode], ['data_rsp', -66])
  t.is(host.core.counters.forwarded, 0)
})

test('quirk G.4-17: the -602 of a Go node without a next hop is NO_ROUTE', (t) => {
  const { host, parent } = underPlainParent()
  t.is(host.send(0x999n, 'nowhere'), 'sent')
  const rsp = { kind: 'data_rsp', resultCode: -602 } as const
  parent[1]?.sayData({ from: 0x999n, to: 0x200n, text: 'nowhere', ...rsp })
  t.deepEqual(
    host.answers.map(({ from, resultCode }) => [from, codeOfWire(resultCode)]),
    [[0x999n, 'NO_ROUTE']],
  )
})

test('quirk G.4-21: addresses that no parser agrees on do not keep a peer out', (t) => {
  const host = new World().host({ id: 0x100n })
  const odd = ['', ':', 'unix:///a:b', 'ipv6://::1', 'mem://0x1', 'x'.repeat(900), 'IPV4://1:1']
  const register = { ...registrationOf({ id: 0x200n }), addresses: odd }
  const child = Stranger.to(host)
  t.is(child.register(register).resultCode, 0)
  host.send(0x200n, 'hello')
  t.is(child.last().data?.text, 'hello')
})

test('quirk G.4-22: a circle is refused whole, the data that came with it as well', (t) => {
  const topology = new Topology()
  topology.update(1n, 0n, { pid: 1 })
  topology.update(2n, 1n)
  t.false(topology.update(1n, 2n, { pid: 9 }))
  t.deepEqual(topology.get(1n), { id: 1n, parent: 0n, data: { pid: 1 } })
})

test('quirk A.7-1: a peer may compress with whatever was offered to it, of any order', (t) => {
  const all = [...nodePrimitives.compressions]
  const { host, parent } = underPlainParent({ compressions: all })
  const text = 'z'.repeat(4_000)
  for (const name of all) {
    const body = bodyOf({ from: 0x300n, to: 0x200n, text })
    const packed = nodePrimitives.compress(name, body)
    if (packed === undefined) return t.fail(`${name} does not pack`)
    const head = new OutgoingHead()
    head.bodyBytes = body.length
    head.compressionType = COMPRESSIONS[name].wire
    head.compressedBytes = packed.length
    parent[1]?.sayMessage(innerOfHead(head, packed))
    t.is(texts(host).at(-1), text, name)
  }
  t.is(host.messages.length, all.length)
})
