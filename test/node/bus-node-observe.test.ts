import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import test from 'ava'
import { CHILD, codeOf, Nodes, PARENT, Received } from './_nodes.js'

test.serial('diagnostics: sends, links and requests can be traced', async (t) => {
  const nodes = new Nodes(t)
  const seen: [string, Record<string, unknown>][] = []
  const listener = (message: unknown, name: string | symbol) => {
    seen.push([String(name), message as Record<string, unknown>])
  }
  const names = ['treebus:send', 'treebus:link', 'treebus:request']
  for (const name of names) subscribe(name, listener)
  try {
    const { parent, child } = await nodes.pair('inproc')
    parent.on('message', (message) => message.isRequest && message.reply('y'))
    child.send(PARENT, 'four', { type: 3 })
    child.send(0x999n, '')
    parent.send(0x999n, '')
    await child.request(PARENT, 'x', { type: 5 })
    await codeOf(parent.request(0x999n, 'x'))
    await child.close()
  } finally {
    for (const name of names) unsubscribe(name, listener)
  }
  const of = (name: string) => seen.filter(([at]) => at === name).map(([, message]) => message)
  t.deepEqual(of('treebus:send'), [
    { node: CHILD, to: PARENT, type: 3, bytes: 4, outcome: 'sent' },
    { node: CHILD, to: 0x999n, type: 0, bytes: 0, outcome: 'sent' },
    { node: PARENT, to: 0x999n, type: 0, bytes: 0, outcome: 'no_route' },
  ])
  const phases = of('treebus:request').map(({ node, phase }) => [node, phase])
  t.deepEqual(phases, [
    [CHILD, 'start'],
    [CHILD, 'end'],
    [PARENT, 'start'],
    [PARENT, 'error'],
  ])
  t.like(of('treebus:request').at(-1), { error: { code: 'NO_ROUTE' }, to: 0x999n })
  const links = of('treebus:link').filter(({ node }) => node === CHILD)
  t.deepEqual(
    links.map(({ event, reason }) => [event, reason]),
    [
      ['up', undefined],
      ['down', 'closing'],
    ],
  )
  const sends = of('treebus:send').length
  const later = await nodes.root('inproc')
  later.send(PARENT, 'not traced any more')
  t.is(of('treebus:send').length, sends)
})

test('a logger of the usual shape hears of links and refusals, with the node', async (t) => {
  const nodes = new Nodes(t)
  const lines: [string, Record<string, unknown>, string][] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields as Record<string, unknown>, message])
  }
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const parent = await nodes.root('inproc', { tokens: ['a'], logger })
  const child = await nodes.child(parent, CHILD, { tokens: ['a'] })
  await nodes.child(parent, 0x300n, { tokens: ['b'] })
  const down = new Promise((resolve) => parent.once('link_down', resolve))
  await child.close()
  await down
  t.deepEqual(
    lines.filter(([level]) => level !== 'warn').map(([level, , message]) => [level, message]),
    [
      ['info', 'treebus: link up'],
      ['info', 'treebus: link down'],
    ],
  )
  const warning = lines.find(([level]) => level === 'warn')
  t.like(warning?.[1], { node: '0x100', code: 'ACCESS_DENIED' })
})

test('a logger that throws does not stop the events of its node', async (t) => {
  const nodes = new Nodes(t)
  let isFull = true
  const fail = () => {
    if (isFull) throw new Error('the disk is full')
  }
  const logger = { debug: fail, info: fail, warn: fail, error: fail }
  const root = await nodes.start({ id: PARENT, listen: [nodes.address('inproc')], logger })
  let ups = 0
  root.on('link_up', () => ups++)
  const uncaught = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown: unknown[] = []
  process.on('uncaughtException', (error) => thrown.push(error))
  try {
    for (const id of [CHILD, 0x300n]) {
      const child = await nodes.child(root, id)
      t.is(child.state, 'running')
    }
    t.is(ups, 2)
    t.is(thrown.length, 2)
  } finally {
    isFull = false
    process.removeAllListeners('uncaughtException')
    for (const listener of uncaught) process.on('uncaughtException', listener)
  }
})

test('counters tell what went through a node', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child, other } = await nodes.family('tcp')
  const received = new Received(other)
  for (let i = 0; i < 5; i++) child.send(other.id, 'x')
  await received.count(5)
  t.like(child.counters, { sent: 5, linksUp: 1, linksDown: 0, callsOpen: 0 })
  t.like(parent.counters, { forwarded: 5, received: 0, linksUp: 2, badMessages: 0, badFrames: 0 })
  t.like(other.counters, { received: 5, sent: 0, strayAnswers: 0, controlDropped: 0 })
})
