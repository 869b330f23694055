// One-shot verbs: send, ping and peers, and the exit codes that scripts go by.

import test from 'ava'
import { main } from '../../src/cli/program.js'
import { finish, type Said, startNode, startRoot } from './_cli.js'

function eventsOf(stdout: string): Said[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Said)
}

for (const confirm of [[], ['--confirm']]) {
  test(`send ${confirm.join('')} makes a message of each line, in order`, async (t) => {
    const { root, address } = await startRoot(t)
    const args = ['send', '0x100', '--json', '--parent', address, '--type', '7', ...confirm]
    const lines = ['one', '', 'Grüße', 'last']
    const { code, stdout } = await finish(t, args, { input: lines.join('\n') })
    t.is(code, 0)
    const summary = { sent: 4, confirmed: confirm.length === 0 ? 1 : 4, failed: 0 }
    t.deepEqual(eventsOf(stdout), [{ event: 'summary', summary }])
    await root.heard({ event: 'message', text: 'last' })
    const messages = root.events.filter(({ event }) => event === 'message')
    t.deepEqual(
      messages.map(({ text }) => text),
      lines,
    )
    t.true(messages.every(({ type }) => type === 7))
    t.regex(String(messages[0]?.['from']), /^0xffff[0-9a-f]{12}$/)
  })
}

test('send counts every message to an id that nobody has as failed, and exits 1', async (t) => {
  const { address } = await startRoot(t)
  for (const confirm of [[], ['--confirm']]) {
    const args = ['send', '0x999', '--json', '--parent', address, ...confirm]
    const { code, stdout } = await finish(t, args, { input: 'one\ntwo\nthree\n' })
    t.is(code, 1)
    const events = eventsOf(stdout)
    const failures = events.filter(({ event }) => event === 'failure')
    t.is(failures.length, 3)
    for (const failure of failures) t.like(failure, { id: '0x999', reason: 'no_route', code: -66 })
    t.like(events.at(-1), { event: 'summary', summary: { failed: 3 } })
  }
})

test('send of nothing is done', async (t) => {
  const { address } = await startRoot(t)
  const { code, stdout } = await finish(t, ['send', '0x100', '--parent', address])
  t.is(code, 0)
  t.is(stdout, 'summary        sent 0, confirmed 0, failed 0\n')
})

test('ping tells each time and a summary, and exits 1 where any is lost', async (t) => {
  const { address } = await startRoot(t)
  const quick = ['--parent', address, '--interval', '0', '--count', '3', '--json']
  const good = await finish(t, ['ping', '0x100', ...quick])
  t.is(good.code, 0)
  const events = eventsOf(good.stdout)
  t.deepEqual(
    events.map(({ event, line }) => [event, line]),
    [
      ['pong', 1],
      ['pong', 2],
      ['pong', 3],
      ['summary', undefined],
    ],
  )
  const summary = events[3]?.['summary'] as Record<string, number>
  t.like(summary, { sent: 3, received: 3, lost: 0 })
  const times = events.slice(0, 3).map(({ ms }) => Number(ms))
  t.is(summary['minMs'], Math.min(...times))
  t.is(summary['maxMs'], Math.max(...times))
  const bad = await finish(t, ['ping', '0x999', ...quick])
  t.is(bad.code, 1)
  t.like(eventsOf(bad.stdout)[0], { event: 'failure', id: '0x999', reason: 'no_route', line: 1 })
})

test('peers lists the neighbours of the parent, or of the node that is named', async (t) => {
  const { root, address } = await startRoot(t)
  const child = startNode(t, '0x200', '--parent', address)
  await root.heard({ event: 'link_up', id: '0x200' })
  const table = await finish(t, ['peers', '--parent', address])
  t.is(table.code, 0)
  const [titles, row, end] = table.stdout.split('\n')
  t.regex(titles ?? '', /^ID +ROLE +KIND +CHANNEL +ENCRYPTED +RTT +ADDRESS$/)
  t.regex(row ?? '', /^0x200 +child +treebus +(tcp|ring) +no +\S+ +tcp:\/\/127\.0\.0\.1:\d+$/)
  t.is(end, '')
  const named = await finish(t, ['peers', '0x200', '--json', '--parent', address])
  const event = eventsOf(named.stdout)[0]!
  t.like(event, { event: 'peers', id: '0x200' })
  t.like((event['peers'] as Said[])[0], { id: '0x100', role: 'parent' })
  t.is((await finish(t, ['peers', '0x999', '--parent', address])).code, 1)
  t.true(child.events.length > 0)
})

test('a visitor joins under --id, and not under the id of the service around it', async (t) => {
  const { root, address } = await startRoot(t)
  const environment = { TREEBUS_ID: '0x5', TREEBUS_PARENT: address }
  const given = { environment, input: 'hello' }
  await finish(t, ['send', '0x100', '--id', '0x77'], given)
  await root.heard({ event: 'message', from: '0x77' })
  await finish(t, ['send', '0x100'], given)
  await root.heard({ event: 'message' })
  t.false(root.events.some(({ from }) => from === '0x5'))
})

test('a parent that cannot be reached is told in one line with exit code 3', async (t) => {
  const { root, address } = await startRoot(t)
  root.process.kill('SIGKILL')
  await root.ended
  const { code, stdout, stderr } = await finish(t, ['ping', '1', '--parent', address])
  t.is(code, 3)
  t.is(stdout, '')
  const host = address.slice('tcp://'.length)
  t.is(stderr, `treebus: cannot join ${address}: DIAL_FAILED: connect ECONNREFUSED ${host}\n`)
})

test('a parent that does not answer is given up after --timeout with exit code 3', async (t) => {
  const { root, address } = await startRoot(t)
  root.process.kill('SIGSTOP')
  const { code, stderr } = await finish(t, ['peers', '--parent', address, '--timeout', '50ms'])
  root.process.kill('SIGCONT')
  t.is(code, 3)
  t.true(stderr.includes(address))
})

test('the next parent is tried when one is not there', async (t) => {
  const gone = await startRoot(t)
  gone.root.process.kill('SIGKILL')
  await gone.root.ended
  const { address } = await startRoot(t)
  const parents = ['--parent', gone.address, '--parent', address]
  t.is((await finish(t, ['peers', ...parents])).code, 0)
})

test('bad usage of a visitor is one line with exit code 2', async (t) => {
  const parent = ['--parent', 'tcp://127.0.0.1:9']
  const rows = [
    { args: ['send', '0x1'], names: '--parent' },
    { args: ['send', 'nobody', ...parent], names: 'nobody' },
    { args: ['send', '0', ...parent], names: '0x0' },
    { args: ['send', ...parent], names: 'id' },
    { args: ['ping', '1', '--count', '0', ...parent], names: '--count 0' },
    { args: ['ping', '1', '--timeout', 'soon', ...parent], names: 'soon' },
    { args: ['peers', '--parent', 'tcp:/x'], names: 'tcp:/x' },
  ]
  for (const { args, names } of rows) {
    const lines: string[] = []
    t.is(await main(args, (line) => lines.push(line)), 2, args.join(' '))
    t.is(lines.length, 1)
    t.true(lines[0]?.includes(names), lines[0])
  }
})
