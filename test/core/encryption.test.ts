import test from 'ava'
import { type CoreConfig, DEFAULT_SECURITY, type SecurityRules } from '../../src/core/config.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import type { CipherName } from '../../src/wire/ciphers.js'
import { CIPHERS } from '../../src/wire/ciphers.js'
import { encodeControl } from '../../src/wire/control.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { CURVE_NAMES } from '../../src/wire/key-exchange.js'
import { type Host, seededRandom, World } from './_harness.js'
import { commandOf, token } from './_registrations.js'
import { dataFrame, innerOf } from './_stranger.js'

const PARENT = 'ipv4://10.0.0.1:7000'
const TOKENS = [token('t')]

interface Pair {
  readonly world: World
  readonly parent: Host
  readonly child: Host
}

function pair(
  parentRules: Partial<SecurityRules>,
  childRules: Partial<SecurityRules>,
  both: Partial<CoreConfig> = {},
): Pair {
  const world = new World()
  const parentSecurity = { ...DEFAULT_SECURITY, ...parentRules }
  const childSecurity = { ...DEFAULT_SECURITY, ...childRules }
  const parent = world.host({ id: 0x100n, tokens: TOKENS, security: parentSecurity, ...both })
  const options = { id: 0x200n, tokens: TOKENS, security: childSecurity, parents: [PARENT] }
  const child = world.host({ ...options, ...both })
  parent.listen(PARENT)
  for (const host of [parent, child]) host.give({ kind: 'start' })
  return { world, parent, child }
}

/** Data both ways, of sizes around every padding, and a command. */
function converses({ parent, child }: Pair): boolean {
  const sizes = [0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 1_000, 70_000]
  for (const size of sizes) {
    child.send(0x100n, 'u'.repeat(size))
    parent.send(0x200n, 'd'.repeat(size))
  }
  child.give({ kind: 'command', to: 0x100n, sequence: 9n, args: [token('arg')] })
  const command = parent.events.find(({ kind }) => kind === 'command')
  if (command?.kind !== 'command') return false
  parent.give({ kind: 'command_reply', call: command.call, args: [token('back')] })
  const reply = child.events.find(({ kind }) => kind === 'command_reply')
  const up = parent.messages.map(({ text }) => text.length)
  const down = child.messages.map(({ text }) => text.length)
  return reply !== undefined && [up, down].every((lengths) => `${lengths}` === `${sizes}`)
}

for (const keyExchange of CURVE_NAMES) {
  for (const cipher of nodePrimitives.ciphers) {
    test(`${keyExchange} with ${cipher} carries messages and commands both ways`, (t) => {
      const rules = { keyExchange, ciphers: [cipher], encryption: 'required' } as const
      const nodes = pair(rules, rules)
      t.true(nodes.child.core.link(0x100n)?.encrypted)
      t.true(nodes.parent.core.link(0x200n)?.encrypted)
      t.true(converses(nodes))
      for (const host of [nodes.parent, nodes.child]) t.is(host.core.counters.badCiphers, 0)
    })
  }
}

const LISTS: [string, CipherName[], CipherName[], boolean][] = [
  ['in another order', ['aes-256-gcm', 'aes-128-gcm'], ['aes-128-gcm', 'aes-256-gcm'], true],
  ['that share one', ['aes-256-gcm', 'xxtea'], ['aes-128-cbc', 'xxtea'], true],
  ['that share none', ['aes-256-gcm'], ['aes-128-gcm'], false],
]

for (const announce of [true, false]) {
  for (const [title, ciphers, others, agree] of LISTS) {
    const kind = announce ? 'our own kind' : 'plain peers'
    test(`robustness 11: lists ${title} ${agree ? 'agree' : 'are refused'} for ${kind}`, (t) => {
      const rules = { keyExchange: 'p256' } as const
      const nodes = pair({ ...rules, ciphers }, { ...rules, ciphers: others }, { announce })
      t.is(nodes.parent.core.links().length, agree ? 1 : 0)
      t.is(nodes.child.core.links().length, agree ? 1 : 0)
      if (agree) t.true(converses(nodes))
    })
  }
}

test('other curves on the two sides are refused', (t) => {
  const { parent, child } = pair({ keyExchange: 'p256' }, { keyExchange: 'x25519' })
  t.is(parent.core.links().length + child.core.links().length, 0)
})

for (const [ours, theirs] of [
  ['none', 'x25519'],
  ['x25519', 'none'],
] as const) {
  test(`a parent with ${ours} and a child with ${theirs} talk in clear`, (t) => {
    const nodes = pair({ keyExchange: ours }, { keyExchange: theirs })
    t.false(nodes.child.core.link(0x100n)?.encrypted)
    t.true(converses(nodes))
  })
}

test('every sealed message has an IV of its own', (t) => {
  const rules = { keyExchange: 'x25519' } as const
  const { parent, child } = pair(rules, rules)
  const seen = new Set<string>()
  const { world } = parent
  const carry = world.carry.bind(world)
  world.carry = (end, chunk) => {
    seen.add(ivOf(chunk))
    carry(end, chunk)
  }
  for (let count = 0; count < 50; count++) {
    parent.send(0x200n, 'x')
    child.send(0x100n, 'x')
  }
  t.is(seen.size, 100)
})

function ivOf(frame: Uint8Array): string {
  const reader = new FrameReader(100_000)
  reader.space().set(frame)
  reader.filled(frame.length)
  if (reader.next() !== 'frame') throw new Error('not a frame')
  const head = new InnerCursor()
  head.read(reader.buffer, reader.start, reader.end)
  return Buffer.from(reader.buffer.subarray(head.ivStart, head.ivEnd)).toString('hex')
}

test('robustness 11: clear data on a keyed link is never delivered, the third ends it', (t) => {
  const rules = { keyExchange: 'x25519' } as const
  const { world, parent, child } = pair(rules, rules)
  const [end] = parent.ends.values()
  if (end === undefined) return t.fail('no connection')
  for (let count = 1; count <= 3; count++) {
    t.is(parent.core.links().length, 1, `before ${count}`)
    world.carry(end, dataFrame({ from: 0x200n, to: 0x100n, text: 'injected' }))
  }
  t.is(parent.messages.length, 0)
  t.is(parent.core.links().length, 0)
  t.is(child.core.links().length, 0)
})

test('robustness 11: a clear command on a keyed link is not run', (t) => {
  const rules = { keyExchange: 'x25519' } as const
  const { world, parent } = pair(rules, rules)
  const [end] = parent.ends.values()
  if (end === undefined) return t.fail('no connection')
  const command = commandOf({ from: 0x200n, args: ['rm'], tokens: TOKENS })
  const head = { resultCode: 0, sequence: 1n, sourceId: 0x200n }
  world.carry(end, frameOf(encodeControl(head, { kind: 'command_req', command })))
  t.deepEqual(
    parent.events.filter(({ kind }) => kind === 'command'),
    [],
  )
  t.is(parent.core.links().length, 1)
})

for (const [title, cryptoAlgorithm] of [
  ['garbage under the agreed cipher', 16],
  ['garbage under another cipher', 14],
  ['garbage under a cipher nobody knows', 99],
] as const) {
  test(`${title} is counted, and the third ends the link`, (t) => {
    const rules = { keyExchange: 'x25519' } as const
    const { world, parent } = pair(rules, rules)
    const [end] = parent.ends.values()
    if (end === undefined) return t.fail('no connection')
    const junk = frameOf(innerOf(new Uint8Array(64).fill(7), { cryptoAlgorithm, bodyBytes: 48 }))
    for (let count = 1; count <= 3; count++) {
      t.is(parent.core.links().length, 1, `before ${count}`)
      world.carry(end, junk)
    }
    t.is(parent.core.counters.badCiphers, 3)
    t.is(parent.core.links().length, 0)
    const down = parent.events.find(({ kind }) => kind === 'link_down')
    t.is(down?.kind === 'link_down' && down.reason, 'fault')
  })
}

const PAYLOADS: [string, number][] = [
  ['1 KiB', 1_024],
  ['64 KiB', 65_536],
  ['2 MiB', 2 * 1024 * 1024],
]

for (const compression of nodePrimitives.compressions) {
  for (const keyExchange of ['none', 'x25519'] as const) {
    const sealed = keyExchange === 'none' ? 'in clear' : 'encrypted'
    test(`${compression} ${sealed} carries 1 KiB, 64 KiB and 2 MiB both ways`, (t) => {
      const rules = { keyExchange } as const
      const nodes = pair(rules, rules, { compressions: [compression] })
      for (const [title, bytes] of PAYLOADS) {
        const text = 'compress me '.repeat(bytes / 8).slice(0, bytes)
        t.is(nodes.child.send(0x100n, text), 'sent', title)
        t.is(nodes.parent.send(0x200n, text), 'sent', title)
        t.true(nodes.parent.messages.at(-1)?.text === text, title)
        t.true(nodes.child.messages.at(-1)?.text === text, title)
      }
    })
  }
}

test('what does not get smaller is sent as it is', (t) => {
  const { world, parent, child } = pair({}, {}, { compressions: ['zlib'] })
  const random = seededRandom(11)
  const noise = Array.from(random(900), (byte) => String.fromCharCode(0x20 + (byte % 95))).join('')
  let carried = 0
  const carry = world.carry.bind(world)
  world.carry = (end, chunk) => {
    carried += chunk.length
    carry(end, chunk)
  }
  child.send(0x100n, noise)
  t.is(parent.messages[0]?.text, noise)
  t.true(carried > 900)
  carried = 0
  child.send(0x100n, 'a'.repeat(2_000))
  t.true(carried < 200)
})

test('2 MiB of noise goes through every AEAD cipher', (t) => {
  const text = Buffer.from(seededRandom(13)(1024 * 1024)).toString('hex')
  for (const cipher of nodePrimitives.ciphers) {
    if (CIPHERS[cipher].kind !== 'aead') continue
    const rules = { keyExchange: 'x25519', ciphers: [cipher] } as const
    const { parent, child } = pair(rules, rules)
    child.send(0x100n, text)
    t.true(parent.messages[0]?.text === text, cipher)
  }
})
