import test from 'ava'
import type { LinkDown } from '../../src/index.js'
import { EAGER, LOCAL, Processes, until } from './_process-node.js'

const ROOT = 0x1n
const FIRST = 0x10n
const SECOND = 0x20n
const NODE = 0x100n
const BELOW = 0x1000n
const RETRY = { retry: EAGER }

interface Change {
  readonly previous: bigint
  readonly parent: bigint
}

for (const encrypted of [false, true]) {
  const how = encrypted ? 'with a token and keys' : 'in clear'
  test(`a node whose parent is killed goes to its next address, with all below, ${how}`, async (t) => {
    t.timeout(300_000)
    const all = new Processes()
    t.teardown(() => all.end())
    const common = encrypted ? { tokens: ['secret'], keyExchange: 'x25519' as const } : {}
    const listening = { listen: [LOCAL], ...common, ...RETRY }
    const root = await all.start({ id: ROOT, ...listening })
    const parent = root.addresses
    const first = await all.start({ id: FIRST, parent, ...listening })
    const second = await all.start({ id: SECOND, parent, ...listening })
    const addresses = [...first.addresses, ...second.addresses]
    const node = await all.start({ id: NODE, parent: addresses, ...listening })
    const below = await all.start({ id: BELOW, parent: node.addresses, ...common, ...RETRY })
    t.is(await below.order('request', ROOT, 'by the first', 10_000), 'by the first')
    first.signal('SIGKILL')
    const moved = await node.hear<Change>('parent_changed', ({ parent }) => parent === SECOND)
    t.like(moved.detail, { previous: FIRST, parent: SECOND })
    const down = await node.hear<LinkDown>('link_down')
    t.is((down.detail as LinkDown).link.id, FIRST)
    // The new parent says whom it knows, and is told who is below.
    await until(() => below.order<boolean>('hasRoute', ROOT))
    await until(() => root.order<boolean>('hasRoute', BELOW))
    t.is(await below.order('request', ROOT, 'by the second', 10_000), 'by the second')
    t.is(await root.order('request', BELOW, 'down again', 10_000), 'down again')
    // Those below keep their link and their parent.
    t.is(below.count('link_down'), 0)
    t.is(below.count('parent_changed'), 0)
    t.is(await root.order('send', FIRST, 'x'), 'no_route')
  })
}
