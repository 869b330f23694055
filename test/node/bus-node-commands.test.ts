import test from 'ava'
import type { CommandEvent } from '../../src/index.js'
import {
  CARRIERS,
  CHILD,
  codeOf,
  eventOf,
  Nodes,
  OTHER,
  PARENT,
  thrownCode,
  turns,
} from './_nodes.js'

const texts = (args: readonly Uint8Array[]) => args.map((arg) => Buffer.from(arg).toString())

for (const carrier of CARRIERS) {
  test(`${carrier}: a command is run at the next hop, which answers it`, async (t) => {
    const nodes = new Nodes(t)
    const { parent, child, other } = await nodes.family(carrier)
    parent.on('command', (command) => {
      t.is(command.from, CHILD)
      command.reply(['parent', ...texts(command.args), new Uint8Array(0)])
    })
    other.on('command', () => t.fail('a command goes no further than the next hop'))
    t.deepEqual(texts(await child.command(PARENT, ['a', 'b'])), ['parent', 'a', 'b', ''])
    t.deepEqual(texts(await child.command(OTHER, ['far'])), ['parent', 'far', ''])
    t.is(child.counters['callsOpen'], 0)
  })
}

test('a command that no handler answers gets an empty answer', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  t.deepEqual(await child.command(PARENT, ['nobody listens']), [])
  const seen: string[][] = []
  parent.on('command', ({ args }) => seen.push(texts(args)))
  t.deepEqual(await child.command(PARENT, ['seen']), [])
  t.deepEqual(seen, [['seen']])
})

test('a command that is deferred is answered later, once', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const held: CommandEvent[] = []
  parent.on('command', (command) => {
    command.defer()
    held.push(command)
  })
  const answer = child.command(PARENT, ['x'])
  await child.confirm(PARENT, 'behind it')
  t.is(held.length, 1)
  t.is(child.counters['callsOpen'], 1)
  held[0]?.reply(['late'])
  t.deepEqual(texts(await answer), ['late'])
  t.is(
    thrownCode(() => held[0]?.reply(['twice'])),
    'BAD_ARGUMENT',
  )
  await turns()
  t.is(child.counters['strayAnswers'], 0)
})

test('an answer to a command whose sender is gone goes nowhere', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('tcp')
  const commanded = eventOf(parent, 'command', (command) => {
    command.defer()
    return true
  })
  const answer = codeOf(child.command(PARENT, ['x']))
  const command = await commanded
  const down = eventOf(parent, 'link_down')
  await child.close({ timeoutMs: 2 })
  t.is(await answer, 'LINK_LOST')
  await down
  command.reply(['nobody'])
  t.is(parent.counters['answersLost'], 1)
})

test('a command to the own id, to nobody, and one that times out', async (t) => {
  const nodes = new Nodes(t)
  const { parent, child } = await nodes.pair('inproc')
  child.on('command', (command) => command.reply(['self']))
  t.deepEqual(texts(await child.command(CHILD, ['x'])), ['self'])
  t.is(await codeOf(parent.command(0x999n, ['x'])), 'NO_ROUTE')
  parent.on('command', (command) => command.defer())
  t.is(await codeOf(child.command(PARENT, ['x'], { timeoutMs: 3 })), 'TIMEOUT')
  const signal = AbortSignal.abort()
  t.is(await codeOf(child.command(PARENT, ['x'], { signal })), 'ABORTED')
})

test('commands are run where the tokens agree, and from the neighbour alone', async (t) => {
  const nodes = new Nodes(t)
  const tokens = ['one', 'two']
  const { parent, child } = await nodes.pair('tcp', {
    parent: { tokens },
    child: { tokens: ['two'] },
  })
  parent.on('command', (command) => command.reply(['good']))
  t.deepEqual(texts(await child.command(PARENT, ['x'])), ['good'])
  parent.setTokens(['three'])
  // The link stands, but what it asks to be run is not signed any more.
  t.notDeepEqual(texts(await child.command(PARENT, ['x'])), ['good'])
})
