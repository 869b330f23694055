import test from 'ava'
import type { LinkDown } from '../../src/index.js'
import { EAGER, LOCAL, Processes, ProcessNode, sleep, until } from './_process-node.js'

const ROOT = 0x1n
const BRANCH = 0x10n
const LEAF = 0x100n
const OTHER = 0x101n

const downOf = (id: bigint) => (down: LinkDown) => down.link.id === id

test('robustness 22: a killed process is known to its neighbours, above and below', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const topology = [{ id: LEAF, parent: BRANCH }]
  const root = await all.start({ id: ROOT, listen: [LOCAL], topology })
  const branch = await all.start({ id: BRANCH, parent: root.addresses, listen: [LOCAL] })
  const leaf = await all.start({ id: LEAF, parent: branch.addresses, retry: EAGER })
  t.is(await leaf.order('request', ROOT, 'all the way up', 10_000), 'all the way up')
  branch.signal('SIGKILL')
  const above = await root.hear<LinkDown>('link_down', downOf(BRANCH))
  const below = await leaf.hear<LinkDown>('link_down', downOf(BRANCH))
  t.true(['lost', 'left'].includes((above.detail as LinkDown).reason))
  t.true(['lost', 'left'].includes((below.detail as LinkDown).reason))
  t.is(await leaf.order('state'), 'parent_lost')
  t.is(await root.order('send', BRANCH, 'x'), 'no_route')
  t.is(await root.order('send', LEAF, 'x'), 'no_route')
})

test('a clean exit tells `left`, and what was sent before it arrives', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] }, 'listen')
  const leaf = await all.start({ id: LEAF, parent: root.addresses })
  await leaf.order('send', ROOT, 'last words')
  await leaf.order('closeAndLetGo')
  const down = await root.hear<LinkDown>('link_down', downOf(LEAF))
  t.is((down.detail as LinkDown).reason, 'left')
  t.deepEqual(await leaf.exited, { code: 0, signal: null })
  t.like(root.told.find(({ told }) => told === 'message')?.detail, { text: 'last words' })
})

test('a node that is closed lets its process exit by itself, a root or a child', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const leaf = await all.start({ id: LEAF, parent: root.addresses })
  await leaf.order('request', ROOT, 'x', 10_000)
  await leaf.order('closeAndLetGo')
  t.deepEqual(await leaf.exited, { code: 0, signal: null })
  await root.order('closeAndLetGo')
  t.deepEqual(await root.exited, { code: 0, signal: null })
})

test('a listener, a link, and a parent out of reach each keep a process alive', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const leaf = await all.start({ id: LEAF, parent: root.addresses })
  const lost = await all.start({ id: OTHER, parent: 'tcp://127.0.0.1:1' })
  for (const node of [root, leaf, lost]) await node.order('letGo')
  await sleep(500)
  for (const node of [root, leaf, lost]) t.is(node.child.exitCode, null)
})

test('a process that only has a root without listeners ends', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const alone = await all.start({ id: ROOT })
  await alone.order('letGo')
  t.deepEqual(await alone.exited, { code: 0, signal: null })
})

test('robustness 23: a child that stops for less than the limit is no false alarm', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  // Silent is who says nothing for 9 s: a busy machine may double the 4.5 s here.
  const quick = { pingIntervalMs: 3_000 }
  const root = await all.start({ id: ROOT, listen: [LOCAL], ...quick })
  const leaf = await all.start({ id: LEAF, parent: root.addresses, ...quick })
  const stopped = await all.start({ id: OTHER, parent: root.addresses, ...quick, retry: EAGER })
  stopped.signal('SIGSTOP')
  t.is(await leaf.order('request', ROOT, 'meanwhile', 10_000), 'meanwhile')
  await sleep(4_500)
  stopped.signal('SIGCONT')
  t.is(await stopped.order('request', ROOT, 'back', 10_000), 'back')
  await sleep(4_500)
  t.deepEqual(
    [root, leaf, stopped].map((node) => node.count('link_down')),
    [0, 0, 0],
  )
})

test('robustness 23: one that stays stopped is silent in the end, and comes back', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const quick = { pingIntervalMs: 1_000 }
  const root = await all.start({ id: ROOT, listen: [LOCAL], ...quick })
  const leaf = await all.start({ id: LEAF, parent: root.addresses, ...quick, retry: EAGER })
  leaf.signal('SIGSTOP')
  const down = await root.hear<LinkDown>('link_down', downOf(LEAF))
  t.is((down.detail as LinkDown).reason, 'silent')
  leaf.signal('SIGCONT')
  await until(() => root.count('link_up') > 1)
  await leaf.order('ready')
  t.is(await leaf.order('request', ROOT, 'back', 10_000), 'back')
  t.is((await root.order<unknown[]>('peers')).length, 1)
})

test('robustness 23: a node that stalls itself does not blame its neighbours', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  // Silent is who says nothing for 4.5 s, and once more an interval after a stall.
  const quick = { pingIntervalMs: 1_500 }
  const root = await all.start({ id: ROOT, listen: [LOCAL], ...quick })
  // The other end is patient: only the one that stalls is asked here.
  const leaf = await all.start({ id: LEAF, parent: root.addresses, pingIntervalMs: 20_000 })
  for (let i = 0; i < 3; i++) await root.order('stall', 6_000)
  t.is(await leaf.order('request', ROOT, 'x', 10_000), 'x')
  t.is(root.count('link_down') + leaf.count('link_down'), 0)
})

test("a handler's exception is uncaught; where it is handled the node goes on", async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const leaf = await all.start({ id: LEAF, parent: root.addresses })
  await root.order('catchUncaught')
  await root.order('throwOnMessage')
  await leaf.order('send', ROOT, 'x')
  t.is((await root.hear('uncaught')).detail, 'a handler of the user')
  t.is(await leaf.order('request', ROOT, 'still there', 10_000), 'still there')
  t.is(root.count('link_down'), 0)
})

test('what a handler throws and nobody handles ends the process, as anywhere else', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const quiet = all.adopt(new ProcessNode({ NODE_OPTIONS: '--no-warnings' }))
  await quiet.order('start', { id: LEAF, parent: root.addresses }, 'never')
  await quiet.order('throwOnMessage')
  await root.order('send', LEAF, 'x')
  t.like(await quiet.exited, { code: 1 })
  await root.hear<LinkDown>('link_down', downOf(LEAF))
})

test('robustness 27: every call under way at a kill ends, with a code that fits', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] }, 'never')
  const leaf = await all.start({ id: LEAF, parent: root.addresses }, 'never')
  const asker = await all.start({ id: OTHER, parent: root.addresses })
  // Nothing ends by its time here.
  const timeoutMs = 120_000
  // Neighbours of the one that dies see its link end; those behind it hear that its route is gone.
  await root.order('beginCalls', LEAF, 100, timeoutMs, ['request'])
  await asker.order('beginCalls', LEAF, 100, timeoutMs, ['request'])
  leaf.signal('SIGKILL')
  await root.hear('link_down')
  await asker.order('beginCalls', LEAF, 100, timeoutMs, ['request', 'confirm'])
  const codesOf = async (node: ProcessNode, from: number, count: number) => {
    type Settled = { call: number; code: string }[]
    const of = (list: Settled) =>
      list.filter(({ call }) => call >= from && call < from + count).map(({ code }) => code)
    await until(async () => of(await node.order<Settled>('settled')).length === count)
    return new Set(of(await node.order<Settled>('settled')))
  }
  t.deepEqual(await codesOf(root, 0, 100), new Set(['LINK_LOST']))
  t.deepEqual(await codesOf(asker, 0, 100), new Set(['LINK_LOST']))
  // Word of the loss may still be on its way to whoever asks anew.
  for (const code of await codesOf(asker, 100, 100))
    t.true(['NO_ROUTE', 'LINK_LOST'].includes(code))
  t.is((await asker.order<{ callsOpen: number }>('counters')).callsOpen, 0)
})
