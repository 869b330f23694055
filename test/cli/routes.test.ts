// What people see of the routing table: the drawn tree, and the table with its changes.

import test, { type ExecutionContext } from 'ava'
import { placedInTree } from '../../src/cli/tree-text.js'
import { finish, type Said, start, startNode, startRoot } from './_cli.js'

function eventsOf(stdout: string): Said[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Said)
}

/** 0x100 with 0x200 and 0x300 below it, and 0x210 below 0x200; all known to who is visited. */
async function startTree(t: ExecutionContext) {
  const { root, address } = await startRoot(t, '--routes')
  const listen = ['--listen', 'tcp://127.0.0.1:0']
  const branch = startNode(t, '0x200', '--routes', '--parent', address, ...listen)
  const leaf = startNode(t, '0x210', '--parent', await branch.address())
  startNode(t, '0x300', '--parent', address)
  await root.heard({ event: 'route_up', id: '0x210' })
  await root.heard({ event: 'route_up', id: '0x300' })
  await branch.heard({ event: 'route_up', id: '0x300' })
  return { root, address, branch, leaf }
}

function drawn(rows: readonly (readonly [id: number, parent: number])[]): string[] {
  const entries = rows.map(([id, parent]) => ({ id: BigInt(id), parent: BigInt(parent) }))
  return [...placedInTree(entries)].map(({ branch, entry }) => `${branch}${entry.id}`)
}

const TREES = [
  { title: 'nothing is no line', rows: [], lines: [] },
  {
    title: 'children hang below their parent in the order of their ids',
    rows: [
      [30, 1],
      [21, 20],
      [20, 1],
      [22, 20],
      [1, 0],
    ],
    lines: ['1', '├─ 20', '│  ├─ 21', '│  └─ 22', '└─ 30'],
  },
  {
    title: 'whose parent is not known stands at the top',
    rows: [
      [5, 99],
      [6, 5],
      [1, 0],
    ],
    lines: ['1', '5', '└─ 6'],
  },
  {
    title: 'a circle of parents is cut open and nobody in it is left out',
    rows: [
      [3, 2],
      [2, 3],
      [4, 3],
      [7, 7],
    ],
    lines: ['7', '2', '└─ 3', '   └─ 4'],
  },
] as const

for (const { title, rows, lines } of TREES) {
  test(`in a drawn tree ${title}`, (t) => t.deepEqual(drawn(rows), [...lines]))
}

test('a chain of 20,000 nodes is drawn without a deep stack', (t) => {
  const rows = Array.from({ length: 20_000 }, (_, index) => [index + 1, index] as const)
  const entries = rows.map(([id, parent]) => ({ id: BigInt(id), parent: BigInt(parent) }))
  let depth = -1
  for (const placed of placedInTree(entries)) depth = placed.depth
  t.is(depth, 19_999)
})

test('tree draws all that can be reached from any node, without the one who looks', async (t) => {
  const { address, branch } = await startTree(t)
  const whole = await finish(t, ['tree', '--parent', address])
  t.is(whole.code, 0, whole.stderr)
  t.is(whole.stdout, '0x100 (visited)\n├─ 0x200\n│  └─ 0x210\n└─ 0x300\n')
  const below = await finish(t, ['tree', '--json', '--parent', await branch.address()])
  const told = { event: 'tree_node', stale: false, visited: false }
  t.deepEqual(eventsOf(below.stdout), [
    { ...told, id: '0x100', parent: null, depth: 0 },
    { ...told, id: '0x200', parent: '0x100', depth: 1, visited: true },
    { ...told, id: '0x210', parent: '0x200', depth: 2 },
    { ...told, id: '0x300', parent: '0x100', depth: 1 },
  ])
})

test('routes is a table for people and a line for each id as JSON', async (t) => {
  const { address } = await startTree(t)
  const table = await finish(t, ['routes', '--parent', address])
  t.is(table.code, 0, table.stderr)
  const [titles, ...rows] = table.stdout.split('\n')
  t.regex(titles ?? '', /^ID +VIA +ROLE +HOPS +PARENT +STALE$/)
  t.deepEqual(
    rows.map((row) => row.split(/ +/)),
    [
      ['0x100', '0x100', 'parent', '1', '-', 'no'],
      ['0x200', '0x100', 'parent', '2', '0x100', 'no'],
      ['0x210', '0x100', 'parent', '3', '0x200', 'no'],
      ['0x300', '0x100', 'parent', '2', '0x100', 'no'],
      [''],
    ],
  )
  const json = await finish(t, ['routes', '--json', '--parent', address])
  const route = { event: 'route', via: '0x100', role: 'parent', stale: false }
  t.deepEqual(eventsOf(json.stdout).slice(0, 3), [
    { ...route, id: '0x100', hops: 1, parent: null },
    { ...route, id: '0x200', hops: 2, parent: '0x100' },
    { ...route, id: '0x210', hops: 3, parent: '0x200' },
  ])
})

test('routes --watch goes on with what comes and goes until it is stopped', async (t) => {
  const { address, leaf } = await startTree(t)
  const watch = start(t, ['routes', '--watch', '--json', '--parent', address])
  await watch.heard({ event: 'route', id: '0x300' })
  leaf.write('quit')
  t.like(await watch.heard({ event: 'route_down', id: '0x210' }), { reason: 'left' })
  const fourth = startNode(t, '0x400', '--parent', address)
  t.like(await watch.heard({ event: 'route_up', id: '0x400' }), { hops: 2, parent: '0x100' })
  fourth.process.kill('SIGKILL')
  t.like(await watch.heard({ event: 'route_down', id: '0x400' }), { reason: 'link_lost' })
  watch.process.kill('SIGTERM')
  const { code, stderr } = await watch.ended
  t.is(code, 143)
  t.is(stderr, '')
  const before = watch.events.findIndex(({ event }) => event !== 'route')
  t.false(watch.events.slice(before).some(({ event }) => event === 'route'))
})

test('who cannot be visited is told with exit code 3 by routes and tree', async (t) => {
  const { root, address } = await startRoot(t)
  root.process.kill('SIGKILL')
  await root.ended
  for (const verb of ['routes', 'tree']) {
    const { code, stdout, stderr } = await finish(t, [verb, '--parent', address])
    t.is(code, 3)
    t.is(stdout, '')
    t.regex(stderr, /^treebus: cannot join [^\n]+\n$/)
  }
})

test('run --routes tells who comes and goes, and without it nothing of routes', async (t) => {
  const { root, address } = await startRoot(t, '--routes')
  const quiet = startNode(t, '0x200', '--parent', address)
  t.like(await root.heard({ event: 'route_up', id: '0x200' }), { hops: 1, parent: '0x100' })
  const third = startNode(t, '0x300', '--parent', address)
  await root.heard({ event: 'route_up', id: '0x300' })
  third.process.kill('SIGKILL')
  t.like(await root.heard({ event: 'route_down', id: '0x300' }), { reason: 'link_lost' })
  quiet.write('quit')
  t.like(await root.heard({ event: 'route_down', id: '0x200' }), { reason: 'left' })
  await quiet.ended
  t.false(quiet.events.some(({ event }) => String(event).startsWith('route')))
})

test('the verb routes of a running node lists its table in one event', async (t) => {
  const { root, leaf } = await startTree(t)
  root.write('routes')
  const { routes, ...rest } = await root.heard({ event: 'routes' })
  t.deepEqual(rest, { event: 'routes', id: '0x100', line: 1 })
  const child = { role: 'child', stale: false }
  t.deepEqual(routes, [
    { ...child, id: '0x200', via: '0x200', hops: 1, parent: '0x100' },
    { ...child, id: '0x210', via: '0x200', hops: 2, parent: '0x200' },
    { ...child, id: '0x300', via: '0x300', hops: 1, parent: '0x100' },
  ])
  leaf.write('help')
  t.true(((await leaf.heard({ event: 'help' }))['verbs'] as string[]).includes('routes'))
})
