import test, { type ExecutionContext } from 'ava'
import { type CoreConfig, DEFAULT_LIMITS, DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { CIPHER_NAMES, type CipherName } from '../../src/wire/ciphers.js'
import { CURVE_NAMES } from '../../src/wire/key-exchange.js'
import { type Host, World } from '../core/_harness.js'
import { registrationOf, token } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { CHILD, Nodes, OTHER, PARENT, Received, turns } from '../node/_nodes.js'

const ADDRESS = 'ipv4://10.0.0.1:7000'
const TOKENS = [token('t')]
const NO_ROUTE = -66

/** `tree` names each node's parent, 0 for a root; every node listens at an address of its id. */
function grow(
  tree: readonly (readonly [id: bigint, parent: bigint])[],
  options: Partial<CoreConfig> = {},
): { world: World; of: (id: bigint) => Host } {
  const world = new World()
  const hosts = new Map(
    tree.map(([id, parent]) => {
      const parents = parent === 0n ? [] : [addressOf(parent)]
      return [id, world.host({ id, parents, ...options }).listen(addressOf(id))]
    }),
  )
  for (const host of hosts.values()) host.give({ kind: 'start' })
  const of = (id: bigint): Host => {
    const host = hosts.get(id)
    if (host === undefined) throw new Error(`no node ${id}`)
    return host
  }
  return { world, of }
}

function addressOf(id: bigint): string {
  return id === 1n ? ADDRESS : `inproc://${id}`
}

function texts(host: Host): string[] {
  return host.messages.map(({ from, text }) => `${from}: ${text}`)
}

function failures(host: Host): [bigint, number, string][] {
  return host.answers.map(({ from, resultCode, text }) => [from, resultCode, text])
}

function replies(host: Host): { sequence: bigint; words: string[] }[] {
  return host.events.flatMap((event: CoreEvent) =>
    event.kind === 'command_reply'
      ? [{ sequence: event.sequence, words: event.args.map((arg) => Buffer.from(arg).toString()) }]
      : [],
  )
}

/** Answers every command with its own arguments, turned round. */
function echo(host: Host): void {
  for (const event of [...host.events]) {
    if (event.kind !== 'command') continue
    host.give({ kind: 'command_reply', call: event.call, args: [...event.args].reverse() })
  }
}

test('parity atbus_node_msg.ping_pong: every link is pinged in silence, and each pong measures it', (t) => {
  const limits = { ...DEFAULT_LIMITS, pingIntervalMs: 1_000 }
  const { world, of } = grow(
    [
      [1n, 0n],
      [2n, 1n],
      [3n, 1n],
    ],
    { limits },
  )
  world.advance(60_000)
  let pings = 0
  for (const id of [1n, 2n, 3n]) {
    const host = of(id)
    const pongs = host.events.filter(({ kind }) => kind === 'pong').length
    t.is(pongs, host.core.counters.pingsSent, `${id}`)
    pings += pongs
  }
  // Each of the two links about once a second: an end that was just pinged is not in silence.
  t.true(pings >= 118 && pings <= 120, `${pings}`)
  for (const id of [2n, 3n]) {
    const ends = [of(1n).core.link(id), of(id).core.link(1n)]
    t.true(ends.some((link) => link?.roundTripMs !== undefined))
  }
})

test('parity atbus_node_msg.custom_cmd: arguments arrive, the reply comes back under its sequence', (t) => {
  const { of } = grow(
    [
      [1n, 0n],
      [2n, 1n],
    ],
    { tokens: TOKENS },
  )
  of(1n).give({ kind: 'command', to: 2n, sequence: 77n, args: ['list', '', 'all'].map(token) })
  echo(of(2n))
  t.deepEqual(replies(of(1n)), [{ sequence: 77n, words: ['all', '', 'list'] }])
})

test('parity atbus_node_msg.custom_cmd_by_temp_node: a node without an id runs commands', (t) => {
  const { world, of } = grow([[1n, 0n]], { tokens: TOKENS })
  const visitor = world.host({ id: 0n, tokens: TOKENS })
  visitor.give({ kind: 'connect', address: ADDRESS })
  visitor.give({ kind: 'command', to: 1n, sequence: 5n, args: ['who'].map(token) })
  echo(of(1n))
  t.deepEqual(replies(visitor), [{ sequence: 5n, words: ['who'] }])
  t.deepEqual(of(1n).core.links(), [])
})

test('parity atbus_node_msg.send_cmd_to_self: a command to the own id comes back', (t) => {
  const { of } = grow([[1n, 0n]])
  of(1n).give({ kind: 'command', to: 1n, sequence: 9n, args: ['a', 'b'].map(token) })
  echo(of(1n))
  t.deepEqual(replies(of(1n)), [{ sequence: 9n, words: ['b', 'a'] }])
})

test('parity atbus_node_msg.reset_and_send: a message to the own id arrives, and has a sequence', async (t) => {
  const nodes = new Nodes(t)
  const node = await nodes.root('inproc')
  const received = new Received(node)
  t.is(node.send(PARENT, 'me', { type: 3 }), 'sent')
  t.not(node.lastSequence, 0n)
  await received.count(1)
  t.like(received.messages[0], { from: PARENT, type: 3, text: 'me' })
})

test('parity atbus_node_msg.send_loopback_error: what cannot go back either is answered with its content', (t) => {
  const { of } = grow([[1n, 0n]])
  const child = Stranger.to(of(1n)).join(registrationOf({ id: 2n }))
  child.sayData({ from: 2n, to: 9n, text: 'original', sequence: 41, type: 6 })
  const answer = child.last()
  t.deepEqual(
    [answer.kind, answer.resultCode, answer.sequence, answer.data?.text],
    ['data_rsp', NO_ROUTE, 41n, 'original'],
  )
  t.deepEqual([answer.data?.from, answer.data?.to], [9n, 2n])
})

test('parity atbus_node_msg.send_msg_to_self_and_need_rsp: what is sent from within comes after, in order', async (t) => {
  const nodes = new Nodes(t)
  const node = await nodes.root('inproc')
  const heard: string[] = []
  node.on('message', ({ text }) => {
    heard.push(text)
    if (text.length < 3) for (const more of ['a', 'b']) node.send(PARENT, text + more)
  })
  await node.confirm(PARENT, 'x')
  while (heard.length < 7) await turns(1)
  t.deepEqual(heard, ['x', 'xa', 'xb', 'xaa', 'xab', 'xba', 'xbb'])
})

test('parity atbus_node_msg.upstream_and_downstream: up and down, of every size', (t) => {
  const { of } = grow([
    [1n, 0n],
    [2n, 1n],
  ])
  for (const size of [0, 1, 500, 7_168, 65_536, 2 * 1024 * 1024]) {
    t.is(of(1n).send(2n, 'd'.repeat(size)), 'sent')
    t.is(of(2n).send(1n, 'u'.repeat(size)), 'sent')
    t.is(of(1n).messages.at(-1)?.text.length, size)
    t.is(of(2n).messages.at(-1)?.text.length, size)
  }
})

test('parity atbus_node_msg.transfer_and_connect: two children reach each other through their parent, and directly once linked', (t) => {
  const { of } = grow([
    [1n, 0n],
    [2n, 1n],
    [3n, 1n],
  ])
  of(2n).send(3n, 'through the parent')
  t.is(of(1n).core.counters.forwarded, 1)
  of(2n).give({ kind: 'connect', address: addressOf(3n), expectedId: 3n })
  of(2n).send(3n, 'directly')
  t.is(of(1n).core.counters.forwarded, 1)
  t.deepEqual(texts(of(3n)), ['2: through the parent', '2: directly'])
})

/** 3 below 1, 4 below 2, and the two roots linked as siblings. */
function twoTrees(): ReturnType<typeof grow> {
  const both = grow([
    [1n, 0n],
    [2n, 0n],
    [3n, 1n],
    [4n, 2n],
  ])
  both.of(1n).give({ kind: 'connect', address: addressOf(2n), expectedId: 2n })
  return both
}

test('parity atbus_node_msg.transfer_only: child to parent to the other parent to its child', (t) => {
  const { of } = twoTrees()
  of(1n).core.topology.update(4n, 2n)
  of(2n).core.topology.update(3n, 1n)
  t.is(of(3n).send(4n, 'across'), 'sent')
  t.is(of(4n).send(3n, 'and back'), 'sent')
  t.deepEqual(texts(of(4n)), ['3: across'])
  t.deepEqual(texts(of(3n)), ['4: and back'])
  t.deepEqual(
    [of(1n), of(2n)].map((host) => host.core.counters.forwarded),
    [2, 2],
  )
})

test('parity atbus_node_msg.topology_registry_multi_level_route: a grandchild is reached once the tree is known', (t) => {
  const { world, of } = grow([
    [1n, 0n],
    [2n, 1n],
    [3n, 2n],
  ])
  t.is(of(1n).send(3n, 'unknown'), 'no_route')
  of(1n).core.topology.update(2n, 1n)
  of(1n).core.topology.update(3n, 2n)
  const { relation, nextHop } = of(1n).core.topology.relation(1n, 3n)
  t.deepEqual([relation, nextHop], ['transitive_downstream', 2n])
  t.is(of(1n).send(3n, 'known'), 'sent')
  t.deepEqual(texts(of(3n)), ['1: known'])
  for (const connection of [...of(3n).ends.keys()]) world.cut(of(3n), connection)
  t.is(of(1n).send(3n, 'broken'), 'sent')
  t.deepEqual(
    failures(of(1n)).map(([from, code]) => [from, code]),
    [[3n, NO_ROUTE]],
  )
})

test('parity atbus_node_msg.topology_registry_multi_level_route_reverse: a grandchild reaches the root without being told', (t) => {
  const { of } = grow([
    [1n, 0n],
    [2n, 1n],
    [3n, 2n],
  ])
  t.is(of(3n).send(1n, 'all the way up'), 'sent')
  t.deepEqual(texts(of(1n)), ['3: all the way up'])
  of(3n).core.topology.update(2n, 1n)
  t.is(of(3n).core.topology.relation(3n, 1n).relation, 'transitive_upstream')
})

test('parity atbus_node_msg.send_failed: where no way is known sending says so', (t) => {
  const { of } = grow([[1n, 0n]])
  t.is(of(1n).send(9n, 'x'), 'no_route')
  t.deepEqual(failures(of(1n)), [])
})

test('parity atbus_node_msg.transfer_failed: each message that cannot go on comes back once', (t) => {
  const { of } = grow([
    [1n, 0n],
    [2n, 1n],
  ])
  for (const text of ['one', 'two']) t.is(of(2n).send(9n, text), 'sent')
  t.deepEqual(
    failures(of(2n)).map(([from, code]) => [from, code]),
    [
      [9n, NO_ROUTE],
      [9n, NO_ROUTE],
    ],
  )
})

test('parity atbus_node_msg.transfer_failed_cross_upstreams: failures far away are no faults of the links between', (t) => {
  const { of } = twoTrees()
  of(1n).core.topology.update(9n, 2n)
  for (let count = 0; count < 5; count++) t.is(of(3n).send(9n, `${count}`), 'sent')
  t.is(failures(of(3n)).length, 5)
  t.true(failures(of(3n)).every(([from, code]) => from === 9n && code === NO_ROUTE))
  t.is(of(2n).core.counters.answered, 5)
  for (const id of [1n, 2n]) t.is(of(id).core.links().length, 2)
})

test('parity go.atbus_node_blacklist: nothing goes back over the link that it came by', (t) => {
  const { of } = grow([[1n, 0n]])
  const child = Stranger.to(of(1n)).join(registrationOf({ id: 2n, life: 1 }))
  of(1n).core.topology.update(3n, 2n)
  child.sayData({ from: 2n, to: 3n, text: 'below me myself' })
  t.deepEqual([child.last().kind, child.last().resultCode], ['data_rsp', NO_ROUTE])
  t.is(of(1n).core.counters.forwarded, 0)
})

test('parity go.sample_usage_01: echo over three levels, many messages, in order', (t) => {
  const { of } = grow([
    [1n, 0n],
    [2n, 1n],
    [3n, 2n],
  ])
  of(1n).core.topology.update(3n, 2n)
  for (let count = 0; count < 200; count++) {
    of(1n).send(3n, `${count}`)
    const last = of(3n).messages.at(-1)
    of(3n).send(last?.from ?? 0n, `re ${last?.text}`)
  }
  t.deepEqual(
    texts(of(1n)),
    Array.from({ length: 200 }, (_, count) => `3: re ${count}`),
  )
})

/** A parent with two children, which talk up, down and past it; whether their links have keys. */
function converses(
  t: ExecutionContext,
  security: Partial<typeof DEFAULT_SECURITY>,
  title: string,
): boolean {
  const rules = { ...DEFAULT_SECURITY, ...security }
  const { of } = grow(
    [
      [1n, 0n],
      [2n, 1n],
      [3n, 1n],
    ],
    { tokens: TOKENS, security: rules },
  )
  for (const [from, to] of [
    [1n, 2n],
    [2n, 1n],
    [2n, 3n],
    [3n, 2n],
  ] as const) {
    for (const size of [1, 16, 2_000]) {
      t.is(of(from).send(to, 'c'.repeat(size)), 'sent', title)
      t.is(of(to).messages.at(-1)?.text.length, size, title)
    }
  }
  return of(1n)
    .core.links()
    .every(({ encrypted }) => encrypted)
}

test('parity atbus_node_msg.crypto_config_key_exchange_algorithms: nodes talk under every curve', (t) => {
  for (const keyExchange of CURVE_NAMES) {
    t.true(converses(t, { keyExchange, ciphers: ['aes-256-gcm'] }, keyExchange))
  }
})

test('parity atbus_node_msg.crypto_config_cipher_algorithms: nodes talk under every cipher', (t) => {
  for (const cipher of CIPHER_NAMES) {
    t.true(converses(t, { keyExchange: 'x25519', ciphers: [cipher] }, cipher))
  }
})

test('parity atbus_node_msg.crypto_config_comprehensive_matrix: nodes talk under every curve with every cipher', (t) => {
  for (const keyExchange of CURVE_NAMES) {
    for (const cipher of CIPHER_NAMES) {
      t.true(converses(t, { keyExchange, ciphers: [cipher] }, `${keyExchange} ${cipher}`))
    }
  }
})

test('parity atbus_node_msg.crypto_config_multiple_algorithms: of longer lists any order agrees', (t) => {
  const ciphers: CipherName[] = ['aes-128-cbc', 'aes-256-gcm', 'xxtea']
  for (const list of [ciphers, [...ciphers].reverse()]) {
    t.true(converses(t, { keyExchange: 'x25519', ciphers: list }, `${list}`))
  }
})

test('parity atbus_node_msg.crypto_config_upstream_downstream: an answer crosses two keyed hops and comes back', (t) => {
  const security = { ...DEFAULT_SECURITY, keyExchange: 'p256' } as const
  const { of } = grow(
    [
      [1n, 0n],
      [2n, 1n],
      [3n, 2n],
    ],
    { tokens: TOKENS, security },
  )
  of(1n).core.topology.update(3n, 2n)
  t.is(of(1n).send(3n, 'down two', { flags: 1 }), 'sent')
  t.deepEqual(texts(of(3n)), ['1: down two'])
  t.deepEqual(
    failures(of(1n)).map(([from, code]) => [from, code]),
    [[3n, 0]],
  )
})

test('parity atbus_node_msg.crypto_config_disabled: without a curve nodes talk in clear', (t) => {
  t.false(converses(t, { keyExchange: 'none' }, 'in clear'))
})

test('parity atbus_node_msg.crypto_list_available_algorithms: all that this runtime has may be listed at once', async (t) => {
  t.true(nodePrimitives.ciphers.size >= 10)
  const nodes = new Nodes(t)
  const ciphers = [...nodePrimitives.ciphers]
  const options = { keyExchange: 'x25519', ciphers } as const
  const { parent, child } = await nodes.pair('inproc', { parent: options, child: options })
  t.true(parent.peer(CHILD)?.encrypted)
  await child.confirm(PARENT, 'sealed')
  t.is(child.peer(OTHER), undefined)
})
