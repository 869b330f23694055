// A node that runs: what it tells, what it takes on stdin, how it leaves.

import test from 'ava'
import { finish, startNode, startRoot } from './_cli.js'

test('two nodes tell of each other, and of what goes between them', async (t) => {
  const { root, address } = await startRoot(t, '--echo')
  const child = startNode(t, '0x200', '--parent', address)
  const ready = await child.heard({ event: 'ready' })
  t.like(ready, { id: '0x200', state: 'running', parent: '0x100', pid: child.process.pid })
  t.like(root.events[0], { event: 'ready', id: '0x100', parent: null, listen: [address] })
  const up = { plain: false, encrypted: false, channel: 'tcp' }
  t.like(await child.heard({ event: 'link_up', id: '0x100' }), { ...up, role: 'parent' })
  t.like(await root.heard({ event: 'link_up', id: '0x200' }), { ...up, role: 'child' })

  child.write(
    'send 0x100 two  spaces ',
    'sendhex 0x100 1bff',
    'request 256 are you there?',
    'confirm 0x100 did you get it?',
    'command 0x100 first second',
    'ping 0x100',
  )
  const from = '0x200'
  t.like(await root.heard({ event: 'message', text: 'two  spaces ' }), { from, type: 0 })
  t.like(await root.heard({ event: 'message', hex: '1bff' }), { from })
  t.like(await root.heard({ event: 'request' }), { from, text: 'are you there?', answer: 'echoed' })
  t.like(await child.heard({ event: 'reply' }), { from: '0x100', text: 'are you there?', line: 3 })
  t.like(await child.heard({ event: 'delivered' }), { id: '0x100', line: 4 })
  t.like(await root.heard({ event: 'command' }), { from, args: ['first', 'second'] })
  const answer = { from: '0x100', args: ['first', 'second'], line: 5 }
  t.like(await child.heard({ event: 'command_reply' }), answer)
  const pong = await child.heard({ event: 'pong' })
  t.like(pong, { id: '0x100', line: 6 })
  t.true(typeof pong['ms'] === 'number')
})

test('a message to an id that nobody has comes back as a failure that names it', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address)
  await child.heard({ event: 'link_up', role: 'parent' })
  child.write('send 0x999 lost', 'confirm 0x999 lost', 'request 0x100 refuse me')
  // Before the parent has told all it knows the message goes up, and comes back.
  const failed = { event: 'failure', id: '0x999', reason: 'no_route' }
  t.like(await child.heard({ ...failed }), { code: -66 })
  t.like(await child.heard({ ...failed, line: 2 }), { code: -66 })
  t.like(await child.heard({ event: 'failure', line: 3 }), { id: '0x100', reason: 'remote' })
  // A root has nowhere to send it to, and says so itself.
  root.write('send 0x999 lost')
  t.like(await root.heard({ ...failed, line: 1 }), { by: '0x100', code: -66 })
})

test('a bad line is told in one event, and the next one is obeyed', async (t) => {
  const { root } = await startRoot(t)
  const bad = ['bogus', 'send', 'send seven x', 'send 0 x', 'sendhex 0x1 abc', '__proto__', 'ping']
  root.write(...bad, '', 'help', 'peers', 'counters')
  await root.heard({ event: 'counters' })
  const errors = root.events.filter(({ event }) => event === 'error')
  t.deepEqual(
    errors.map(({ line }) => line),
    bad.map((_, index) => index + 1),
  )
  t.like(await root.heard({ event: 'peers' }), { id: '0x100', peers: [], line: 10 })
  const { verbs } = await root.heard({ event: 'help' })
  t.true((verbs as string[]).includes('quit'))
})

test('a message over the limit is an error of its line', async (t) => {
  const { root } = await startRoot(t, '--max-message-size', '1KiB')
  root.write(`send 0x100 ${'x'.repeat(1_100)}`, `send 0x100 ${'y'.repeat(70_000)}`, 'send 0x100 z')
  t.regex(String((await root.heard({ event: 'error', line: 1 }))['detail']), /MESSAGE_TOO_LONG/)
  t.like(await root.heard({ event: 'error', line: 2 }), { detail: 'the line is too long' })
  t.like(await root.heard({ event: 'message' }), { from: '0x100', text: 'z' })
})

test('a full queue holds stdin back: every line arrives, in order', async (t) => {
  const sizes = ['--max-message-size', '64KiB', '--send-buffer-size', '80KiB']
  const { root, address } = await startRoot(t, ...sizes)
  const child = startNode(t, '0x200', '--parent', address, ...sizes)
  await child.heard({ event: 'link_up', role: 'parent' })
  const count = 150
  const padding = 'x'.repeat(32 * 1024)
  const lines = Array.from({ length: count }, (_, index) => `send 0x100 ${index} ${padding}`)
  child.write(...lines, 'confirm 0x100 end')
  await child.heard({ event: 'delivered' })
  await root.heard({ event: 'message', text: 'end' })
  const arrived = root.events.filter(({ event }) => event === 'message').slice(0, -1)
  t.deepEqual(
    arrived.map(({ text }) => Number(String(text).split(' ')[0])),
    lines.map((_, index) => index),
  )
})

test('SIGTERM tells the neighbours, closes and exits 0', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address)
  await child.heard({ event: 'link_up', role: 'parent' })
  child.process.kill('SIGTERM')
  t.like(await root.heard({ event: 'link_down', id: '0x200' }), { reason: 'left', role: 'child' })
  const { code, signal } = await child.ended
  t.deepEqual({ code, signal }, { code: 0, signal: null })
  t.like(child.events.at(-1), { event: 'closed', id: '0x200' })
})

test('a request under way is answered before a node that was asked to leave has left', async (t) => {
  const { root, address } = await startRoot(t, '--echo')
  const patience = ['--drain-timeout', '1h']
  const child = startNode(t, '0x200', '--parent', address, ...patience)
  await child.heard({ event: 'link_up', role: 'parent' })
  child.write('request 0x100 quickly', 'quit')
  const { code } = await child.ended
  t.is(code, 0)
  t.like(await child.heard({ event: 'reply' }), { text: 'quickly' })
  t.like(await root.heard({ event: 'link_down' }), { reason: 'left' })
})

test('a second signal does not wait', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address, '--drain-timeout', '1h')
  await child.heard({ event: 'link_up', role: 'parent' })
  // The other end is stopped, so that the request stays open and holds the node.
  root.process.kill('SIGSTOP')
  child.write('request 0x100 never', 'peers')
  await child.heard({ event: 'peers' })
  child.process.kill('SIGINT')
  await child.heard({ event: 'leaving' })
  child.process.kill('SIGTERM')
  const { code } = await child.ended
  root.process.kill('SIGCONT')
  t.is(code, 143)
})

test('the end of stdin ends the node only with --until-eof, and not before the answers', async (t) => {
  const { root, address } = await startRoot(t, '--echo')
  root.process.stdin.end()
  const args = ['run', '--json', '--id', '0x200', '--parent', address, '--until-eof']
  // Leaving itself waits for nothing here.
  args.push('--drain-timeout', '0')
  const { code, stdout } = await finish(t, args, { input: 'request 0x100 last words' })
  t.is(code, 0)
  t.true(stdout.includes('"event":"reply"'), stdout)
})

test('a parent that is not there is told, and found when it comes', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address)
  await child.heard({ event: 'link_up', role: 'parent' })
  t.truthy(await child.heard({ event: 'parent_changed', previous: null, parent: '0x100' }))
  root.process.kill('SIGKILL')
  t.like(await child.heard({ event: 'link_down' }), { id: '0x100', reason: 'lost' })
  await child.heard({ event: 'state', state: 'parent_lost' })
  t.like(await child.heard({ event: 'dial_failed' }), { address })
  startNode(t, '0x101', '--listen', address)
  t.truthy(await child.heard({ event: 'parent_changed', previous: '0x100', parent: '0x101' }))
})

test('what went wrong with the first attempt is told after ready', async (t) => {
  const { root, address } = await startRoot(t, '--token', 'right')
  const child = startNode(t, '0x200', '--parent', address, '--token', 'wrong')
  t.like(await child.heard({ event: 'ready' }), { state: 'connecting', parent: null })
  t.like(await child.heard({ event: 'refused' }), {
    by: 'peer',
    reason: 'access_denied',
    code: -11,
  })
  t.like(await root.heard({ event: 'refused' }), { by: 'us', reason: 'access_denied' })
  root.process.kill()
  await root.ended
  const other = startNode(t, '0x201', '--parent', address)
  t.like(await other.heard({ event: 'dial_failed' }), { address })
  other.write('counters')
  const { counters } = await other.heard({ event: 'counters' })
  const upTo = other.events.findIndex(({ event }) => event === 'counters')
  const told = other.events.slice(0, upTo).filter(({ event }) => event === 'dial_failed')
  t.like(counters, { dialsFailed: told.length })
})

test('with give-up a parent that is not there ends the node with 3', async (t) => {
  const { root, address } = await startRoot(t)
  root.process.kill('SIGKILL')
  await root.ended
  const args = ['run', '--id', '7', '--parent', address, '--first-connection', 'give-up']
  const { code, stdout, stderr } = await finish(t, args)
  t.is(code, 3)
  t.is(stdout, '')
  t.regex(stderr, /^treebus: DIAL_FAILED: [^\n]+\n$/)
})

test('a node whose stdout is closed leaves', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address)
  await child.heard({ event: 'link_up', role: 'parent' })
  child.process.stdout.destroy()
  child.write('peers', 'peers')
  t.like(await root.heard({ event: 'link_down' }), { reason: 'left' })
  t.is((await child.ended).code, 0)
})
