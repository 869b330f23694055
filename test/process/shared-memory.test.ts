import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import { BusNode, type LinkInfo } from '../../src/index.js'
import { atRest, inTheEnd, LOCAL, PATIENT, Processes, ProcessNode, until } from './_process-node.js'

const addon = loadAddon()
const withAddon = typeof addon === 'string' ? test.skip : test.serial
const ROOT = 0x1n
const LEAF = 0x100n
const KILLS = Number(process.env['RING_KILLS'] ?? 20)

async function channelsOf(node: ProcessNode): Promise<string[]> {
  return (await node.order<LinkInfo[]>('peers')).map(({ channel }) => channel)
}

/** What this process holds of rings, and what lies about in the system. */
function leftovers(): { named: string[]; mapped: number; files: number } {
  const named = readdirSync('/dev/shm').filter((name) => name.startsWith('treebus-'))
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  const mapped = maps.filter((line) => /(memfd:|shm\/)treebus/.test(line)).length
  return { named, mapped, files: readdirSync('/proc/self/fd').length }
}

withAddon('nodes of two processes move to a ring, and say so', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const leaf = await all.start({ id: LEAF, parent: root.addresses })
  for (const node of [root, leaf]) {
    await until(async () => (await channelsOf(node)).join() === 'ring')
  }
  t.is(await leaf.order('request', ROOT, 'through memory', 10_000), 'through memory')
})

withAddon('robustness 32: a process killed with its ring full leaves nothing behind', async (t) => {
  t.timeout(300_000)
  const root = await BusNode.start({ id: ROOT, listen: [LOCAL] })
  t.teardown(() => root.close())
  const parent = root.addresses[0]!
  let before: ReturnType<typeof leftovers> | undefined
  for (let kill = 0; kill <= KILLS; kill++) {
    const leaf = await ProcessNode.start({
      ...PATIENT,
      id: LEAF,
      parent,
      sharedMemoryBytes: 4_096 << (kill % 6),
    })
    t.teardown(() => leaf.end())
    await until(() => root.peer(LEAF)?.channel === 'ring')
    const down = new Promise((resolve) => root.once('link_down', resolve))
    for (let number = 0; number < 50; number++) {
      root.send(LEAF, new Uint8Array(20_000))
      void leaf.order('send', ROOT, new Uint8Array(20_000)).catch(() => {})
    }
    await new Promise((resolve) => setTimeout(resolve, kill % 10))
    leaf.signal('SIGKILL')
    await leaf.exited
    t.like(await down, { reason: 'lost' })
    // The first round hung up the doorbell, which stays.
    before ??= await atRest(leftovers)
    // The pipes to a process that is gone close a little after it; others name memory meanwhile.
    const nothing = { ...before, named: [], mapped: 0 }
    t.deepEqual(await inTheEnd(leftovers, nothing), nothing)
  }
})

withAddon('a parent that is killed leaves nothing in its children', async (t) => {
  t.timeout(300_000)
  const root = await ProcessNode.start({ ...PATIENT, id: ROOT, listen: [LOCAL] })
  t.teardown(() => root.end())
  const leaf = await BusNode.start({ id: LEAF, parent: root.addresses })
  t.teardown(() => leaf.close())
  await until(() => leaf.peer(ROOT)?.channel === 'ring')
  for (let number = 0; number < 100; number++) leaf.send(ROOT, new Uint8Array(20_000))
  root.signal('SIGKILL')
  await until(() => leaf.state === 'parent_lost')
  const lying = () => ({ ...leftovers(), files: 0 })
  const nothing = { named: [], mapped: 0, files: 0 }
  t.deepEqual(await inTheEnd(lying, nothing), nothing)
})

test('without the addon a process stays on its socket and says why', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const root = await all.start({ id: ROOT, listen: [LOCAL] })
  const leaf = all.adopt(new ProcessNode({ TREEBUS_ADDON: 'none' }))
  await leaf.order('start', { id: LEAF, parent: root.addresses })
  t.is(await leaf.order('request', ROOT, 'x', 10_000), 'x')
  t.deepEqual(await channelsOf(leaf), ['tcp'])
  t.deepEqual(await channelsOf(root), ['tcp'])
  t.like(await leaf.order('capabilities'), { sharedMemory: 'switched off by TREEBUS_ADDON' })
})

/** Whether a process may be given a pid namespace of its own here. */
const unshare = ['unshare', '--user', '--map-current-user', '--pid', '--kill-child', '--mount-proc']
const canUnshare = spawnSync(unshare[0]!, [...unshare.slice(1), 'true']).status === 0
const inContainer = canUnshare && typeof addon !== 'string' ? test.serial : test.skip

inContainer(
  'a process in a pid namespace of its own is told apart and stays on its socket',
  async (t) => {
    t.timeout(300_000)
    const all = new Processes()
    t.teardown(() => all.end())
    const root = await all.start({ id: ROOT, listen: [LOCAL] })
    const leaf = all.adopt(new ProcessNode({}, unshare))
    await leaf.order('start', { id: LEAF, parent: root.addresses })
    t.is(await leaf.order('request', ROOT, 'x', 10_000), 'x')
    t.is(await leaf.order('request', ROOT, 'y', 10_000), 'y')
    t.deepEqual(await channelsOf(leaf), ['tcp'])
    const refused = async () =>
      (await root.order<{ ringsRefused: number }>('counters')).ringsRefused
    t.is(await inTheEnd(refused, 1), 1)
  },
)
