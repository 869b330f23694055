// A call from the command line: its answer, its failures, and what they exit with.

import test from 'ava'
import { Clusters } from '../services/_clusters.js'
import { finish } from './_cli.js'

/** A service that a busy machine keeps from answering is there. */
const PATIENCE_MS = 60_000

test('call prints the answer of one service, or says how the call ended', async (t) => {
  const clusters = new Clusters(t, 'tcp')
  const registry = await clusters.registry()
  const lobby = await clusters.join(['lobby'])
  lobby.handle<{ name: string }>('enter', ({ name }) => ({ room: name.length, name }))
  lobby.handle('full', () => {
    throw Object.assign(new Error('no room\u001b[31m'), { code: 'NO_ROOM' })
  })
  const [address = ''] = registry.node.addresses
  const call = (...args: string[]) => finish(t, ['call', ...args, '--parent', address])
  const answer = await call('lobby', 'enter', '{"name":"ann\u009b"}')
  t.deepEqual([answer.code, answer.stdout], [0, '{"room":4,"name":"ann\\u009b"}\n'])
  const json = await call('lobby', 'enter', '{"name":"bo"}', '--json')
  const node = `0x${lobby.node.id.toString(16)}`
  const row = { event: 'answer', node, value: { room: 2, name: 'bo' } }
  t.deepEqual(JSON.parse(json.stdout), row)
  const full = await call('lobby', 'full')
  t.is(full.code, 1)
  t.regex(full.stdout + full.stderr, /application NO_ROOM: no room/)
  t.false((full.stdout + full.stderr).includes('\u001b'))
  const nobody = await call('nobody', 'enter')
  t.is(nobody.code, 1)
  t.regex(nobody.stdout + nobody.stderr, /unreachable NO_SERVICE/)
  t.is((await call('lobby', 'enter', '{')).code, 2)
})

test('services tells what each carries, and whether it answers', async (t) => {
  const clusters = new Clusters(t, 'tcp')
  const registry = await clusters.registry()
  const lobby = await clusters.join([{ app: 'lobby', overload: [3, 40] }])
  const caller = await clusters.join()
  await caller.waitFor('lobby')
  const [address = ''] = registry.node.addresses
  const table = await finish(t, ['services', 'lobby', '--parent', address])
  t.regex(
    table.stdout,
    /^APP +.* STATUS +LOAD +ANSWERS +ENV\nlobby .* up +3,40 +[\d.]+ ms +default\n$/,
  )
  const json = await finish(t, ['services', 'lobby', '--json', '--parent', address])
  const row = JSON.parse(json.stdout) as { load: unknown; answersInMs: unknown }
  t.deepEqual(row.load, [3, 40])
  t.is(typeof row.answersInMs, 'number')
  t.like(lobby.status(), { callsRunning: 0 })
})

test('a probe is answered by the service itself, and by nobody where there is none', async (t) => {
  const clusters = new Clusters(t)
  const lobby = await clusters.join(['lobby'])
  const caller = await clusters.join()
  await caller.waitFor('lobby')
  const node = lobby.node.id
  t.true(((await caller.probe('lobby', PATIENCE_MS)) ?? -1) >= 0)
  t.true(((await caller.probe({ node, app: 'lobby' }, PATIENCE_MS)) ?? -1) >= 0)
  t.is(await caller.probe({ node, app: 'other' }), undefined)
  t.is(await caller.probe('other'), undefined)
})
