// The directory from the command line: registries, what nodes offer, who sees it, retirement.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Cli, finish, type Said, start, startNode, temporaryDirectory } from './_cli.js'

function startRegistry(t: ExecutionContext, id: string, ...args: string[]): Cli {
  const listen = ['--listen', 'tcp://127.0.0.1:0', '--warm-up', '50ms']
  return start(t, ['registry', '--json', '--id', id, ...listen, ...args])
}

function eventsOf(stdout: string): Said[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Said)
}

test('services is a table for people and a line for each service as JSON', async (t) => {
  const registry = startRegistry(t, '0x10')
  const address = await registry.address()
  await registry.heard({ event: 'list', state: 'whole' })
  const offer = ['--service', 'game:lobby', '--service', 'chat', '--weight', '7']
  const node = startNode(t, '0x101', '--parent', address, ...offer, '--metadata', '{"rooms":3}')
  await node.heard({ event: 'registered', registry: '0x10' })
  const table = await finish(t, ['services', '--parent', address])
  t.is(table.code, 0, table.stderr)
  t.deepEqual(
    table.stdout.split('\n').map((line) => line.replace(/ +/g, ' ')),
    [
      'APP NAME ZONE INSTANCE NODE WEIGHT STATUS LOAD ANSWERS ENV',
      'chat - default 101-1 0x101 7 up - no default',
      'game lobby default 101-0 0x101 7 up - no default',
      'registry - default 10 0x10 10 up - no default',
      '',
    ],
  )
  const json = await finish(t, ['services', 'game', '--json', '--parent', address])
  t.deepEqual(eventsOf(json.stdout), [
    {
      event: 'service',
      app: 'game',
      name: 'lobby',
      env: 'default',
      zone: 'default',
      instance: '101-0',
      node: '0x101',
      weight: 7,
      status: 'up',
      version: '',
      load: [],
      metadata: '{"rooms":3}',
      answersInMs: null,
    },
  ])
})

test('services --watch goes on with what comes and goes', async (t) => {
  const registry = startRegistry(t, '0x10')
  const address = await registry.address()
  await registry.heard({ event: 'list', state: 'whole' })
  const watch = start(t, ['services', 'game', '--watch', '--json', '--parent', address])
  await registry.heard({ event: 'link_up', role: 'child' })
  const node = startNode(t, '0x101', '--parent', address, '--service', 'game')
  await watch.heard({ event: 'service_up', node: '0x101' })
  node.write('quit')
  await watch.heard({ event: 'service_down', node: '0x101', reason: 'cancel' })
  watch.process.kill('SIGINT')
  t.is((await watch.ended).code, 130)
})

test('retire takes a node out for administrators, and for nobody else', async (t) => {
  const registry = startRegistry(t, '0x10', '--admin', '0xad')
  const address = await registry.address()
  await registry.heard({ event: 'list', state: 'whole' })
  const node = startNode(t, '0x101', '--parent', address, '--service', 'game')
  await node.heard({ event: 'registered' })
  const refused = await finish(t, ['retire', '0x101', '--parent', address])
  t.is(refused.code, 1)
  t.regex(refused.stdout, /0x101: admins only \(-403\)/)
  const retired = await finish(t, ['retire', '0x101', '--id', '0xad', '--parent', address])
  t.is(retired.stdout, 'retired        0x101\n', retired.stderr)
  t.is(retired.code, 0)
  await registry.heard({ event: 'member_left', id: '0x101', reason: 'retire' })
})

test('two registries of a zone, found in a file, share one list', async (t) => {
  const file = join(temporaryDirectory(t), 'registries')
  writeFileSync(file, '')
  const bootstrap = ['--zone', 'west', '--bootstrap', `file:${file}`]
  const first = startRegistry(t, '0x10', ...bootstrap)
  const second = startRegistry(t, '0x11', ...bootstrap)
  writeFileSync(file, [await first.address(), await second.address()].join('\n'))
  await first.heard({ event: 'registry_peer', id: '0x11', status: 'up' })
  const node = startNode(t, '0x101', ...bootstrap, '--service', 'game')
  await node.heard({ event: 'registered', registry: '0x10' })
  await node.heard({ event: 'registered', registry: '0x11' })
  await first.heard({ event: 'member_joined', id: '0x101' })
  await second.heard({ event: 'member_joined', id: '0x101' })
  const seen = await finish(t, ['services', 'game', '--parent', await second.address()])
  t.regex(seen.stdout, /^game .* 0x101 /m)
})

test('without any registry services says so and fails', async (t) => {
  const root = startNode(t, '0x100', '--listen', 'tcp://127.0.0.1:0')
  // So long is waited for the parent as well, which is there.
  const args = ['--parent', await root.address(), '--timeout', '10s']
  const ended = await finish(t, ['services', ...args])
  t.is(ended.code, 1)
  t.regex(ended.stdout, /no registry answers/)
})

const UNUSABLE = [
  ['a service without an app', ['--service', ':lobby'], /--service :lobby: not APP or APP:NAME/],
  ['a source that is none', ['--bootstrap', 'nowhere'], /--bootstrap nowhere: not file:PATH/],
  [
    'two places for registries',
    ['--bootstrap', 'file:/x', '--registry', 'tcp://127.0.0.1:1'],
    /--bootstrap: goes with no --registry/,
  ],
  [
    'metadata that is no JSON',
    ['--service', 'a', '--metadata', '{'],
    /--metadata \{: not the JSON of an object/,
  ],
  ['a weight that is no number', ['--service', 'a', '--weight', 'x'], /--weight x/],
] as const

for (const [what, args, says] of UNUSABLE) {
  test(`run with ${what} exits 2 and names it`, async (t) => {
    const ended = await finish(t, ['run', '--id', '0x101', ...args])
    t.is(ended.code, 2)
    t.regex(ended.stderr, says)
  })
}
