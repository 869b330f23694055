// Where settings come from, which source wins, and how a bad one is refused.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { main } from '../../src/cli/program.js'
import { type Environment, finish, start, startRoot, temporaryDirectory } from './_cli.js'

test('flags win over variables, and variables over the file', async (t) => {
  const file = join(temporaryDirectory(t), 'node.json')
  const settings = {
    id: '0x1',
    listen: 'tcp://127.0.0.1:0',
    json: true,
    topology: { '0x3': '0x2' },
  }
  writeFileSync(file, JSON.stringify(settings))
  const idOf = async (args: string[], environment: Environment) => {
    const node = start(t, ['run', '--config', file, ...args], environment)
    const { id, listen } = await node.heard({ event: 'ready' })
    t.is((listen as string[]).length, 1)
    return id
  }
  const ids = await Promise.all([
    idOf([], {}),
    idOf([], { TREEBUS_ID: '0x2' }),
    idOf(['--id', '0x3'], { TREEBUS_ID: '0x2' }),
  ])
  t.deepEqual(ids, ['0x1', '0x2', '0x3'])
})

test('a switch of the file can be turned off by its variable', async (t) => {
  const file = join(temporaryDirectory(t), 'node.json')
  writeFileSync(file, JSON.stringify({ id: 5, json: true }))
  const environment = { TREEBUS_CONFIG: file, TREEBUS_JSON: 'false' }
  const { code, stdout } = await finish(t, ['run', '--until-eof'], { environment })
  t.is(code, 0)
  t.regex(stdout, /^ready {10}0x5 running/)
})

interface BadRow {
  readonly title: string
  readonly args: readonly string[]
  readonly file?: unknown
  readonly names: string
}

const ID = ['--id', '0x5']
const BAD: readonly BadRow[] = [
  { title: 'no id', args: [], names: '--id' },
  {
    title: 'id 0 with a listener',
    args: ['--id', '0', '--listen', 'tcp://127.0.0.1:0'],
    names: '0x0',
  },
  {
    title: 'id 0 with a parent',
    args: ['--id', '0', '--parent', 'tcp://127.0.0.1:9'],
    names: '0x0',
  },
  { title: 'an id that is no number', args: ['--id', 'seven'], names: 'seven' },
  {
    title: 'an id over 64 bits',
    args: ['--id', '0x10000000000000000'],
    names: '0x10000000000000000',
  },
  { title: 'an id given twice', args: ['--id', '0x71', '--id', '0x72'], names: '0x72' },
  { title: 'a listener without a scheme', args: [...ID, '--listen', 'nowhere'], names: 'nowhere' },
  {
    title: 'a parent without a port',
    args: [...ID, '--parent', 'tcp://host'],
    names: 'tcp://host',
  },
  { title: 'a missing token file', args: [...ID, '--token-file', '/no/such'], names: '/no/such' },
  { title: 'an unknown cipher', args: [...ID, '--cipher', 'rot13'], names: 'rot13' },
  { title: 'an unknown curve', args: [...ID, '--key-exchange', 'p999'], names: 'p999' },
  {
    title: 'an open listener without a token',
    args: [...ID, '--listen', 'tcp://0.0.0.0:0'],
    names: 'tcp://0.0.0.0:0',
  },
  { title: 'a duration in days', args: [...ID, '--ping-interval', '8days'], names: '8days' },
  { title: 'a ttl out of bounds', args: [...ID, '--ttl', '99999'], names: '--ttl 99999' },
  { title: 'a flag that is not there', args: [...ID, '--frobnicate'], names: '--frobnicate' },
  { title: 'a topology without a parent', args: [...ID, '--topology', '0x7'], names: '0x7' },
  {
    title: 'a topology in a circle',
    args: [...ID, '--topology', '0x7=0x8', '--topology', '0x8=0x7'],
    names: '0x8=0x7',
  },
  {
    title: 'required encryption without a key exchange',
    args: [...ID, '--encryption', 'required'],
    names: 'keyExchange',
  },
  {
    title: 'no compression and one',
    args: [...ID, '--compression', 'none,zlib'],
    names: 'none,zlib',
  },
  {
    title: 'giving up on a parent that is not named',
    args: [...ID, '--first-connection', 'give-up'],
    names: 'give-up',
  },
  { title: 'a listener, by its flag', args: [...ID, '--listen', 'x'], names: '--listen x:' },
  { title: 'a parent, by its flag', args: [...ID, '--parent', 'x'], names: '--parent x:' },
  {
    title: 'a weight below 0, before anything starts',
    args: [...ID, '--service', 'game', '--weight', '-1'],
    names: '--weight -1: not a whole number from 0',
  },
  {
    title: 'metadata that is no object, before anything starts',
    args: [...ID, '--service', 'game', '--metadata', '[1]'],
    names: '--metadata [1]: not the JSON of an object',
  },
  { title: 'a file with an unknown key', args: ID, file: { listne: [] }, names: 'listne' },
  { title: 'a file with a number for a listener', args: ID, file: { listen: 7 }, names: 'listen' },
  { title: 'a file that is no object', args: ID, file: [], names: 'object' },
  { title: 'a file that is not there', args: [...ID, '--config', '/no/file'], names: '/no/file' },
]

for (const { title, args, file, names } of BAD) {
  test(`one line names the value and the exit code is 2: ${title}`, async (t) => {
    const config: string[] = []
    if (file !== undefined) {
      const path = join(temporaryDirectory(t), 'bad.json')
      writeFileSync(path, JSON.stringify(file))
      config.push('--config', path)
    }
    const lines: string[] = []
    t.is(await main(['run', ...args, ...config], (line) => lines.push(line)), 2)
    t.is(lines.length, 1)
    t.regex(lines[0] ?? '', /^treebus: [^\n]+$/)
    t.true(lines[0]?.includes(names), lines[0])
  })
}

test('one line names the address of a port that is taken', async (t) => {
  const { address } = await startRoot(t)
  const { code, stdout, stderr } = await finish(t, ['run', ...ID, '--listen', address])
  t.is(code, 2)
  t.is(stdout, '')
  t.regex(stderr, /^treebus: [^\n]+\n$/)
  t.true(stderr.includes(address), stderr)
})

test('a token file is its content without the line feed at its end', async (t) => {
  const file = join(temporaryDirectory(t), 'token')
  writeFileSync(file, 'secret\n')
  const { root, address } = await startRoot(t, '--token-file', file)
  const { code } = await finish(t, ['ping', '0x100', '--count', '1', '--parent', address], {
    environment: { TREEBUS_TOKEN: 'secret' },
  })
  t.is(code, 0)
  const wrong = await finish(t, ['ping', '0x100', '--parent', address, '--token', 'secret\n'])
  t.is(wrong.code, 3)
  t.like(await root.heard({ event: 'refused' }), { by: 'us', reason: 'access_denied', code: -11 })
})

for (const [flag, value] of [
  ['--cipher', 'aes-128-gcm'],
  ['--weight', '3'],
  ['--metadata', '{}'],
] as const) {
  test(`${flag} without what it is about is doubted, and the node starts`, async (t) => {
    const { code, stderr } = await finish(t, ['run', ...ID, flag, value, '--until-eof'])
    t.is(code, 0)
    t.true(stderr.startsWith(`treebus: ${flag} has no effect without --`), stderr)
    t.is(stderr.indexOf('\n'), stderr.length - 1)
  })
}

const BAD_VISITS: [string[], string][] = [
  [['ping', '1', '--count', 'x'], '--count x: not a whole number from 1 to 1000000'],
  [['ping', '1', '--interval', 'x'], '--interval x: not a duration from 0 to 2147483647 ms'],
  [['peers', '--timeout', '0'], '--timeout 0: not a duration from 1 to 2147483647 ms'],
  [['peers', '--parent', 'x'], '--parent x: expected tcp://'],
  [['services', '--registry', 'x'], '--registry x: expected tcp://'],
  [['call', 'lobby', 'enter', '{'], '[json] {: not JSON'],
]

for (const [args, says] of BAD_VISITS) {
  test(`one line says what is expected: ${args.join(' ')}`, async (t) => {
    const lines: string[] = []
    t.is(await main(args, (line) => lines.push(line)), 2)
    t.is(lines.length, 1)
    t.true(lines[0]?.includes(says), lines[0])
  })
}

test('help that nobody reads to its end is no failure', async (t) => {
  const help = start(t, ['run', '--help'])
  help.process.stdout.destroy()
  const { code, stderr } = await help.ended
  t.deepEqual([code, stderr], [0, ''])
})

test('help and version go to stdout and exit 0; no verb is bad usage', async (t) => {
  const rows = [
    { args: ['--help'], code: 0, says: 'Exit codes:' },
    { args: ['run', '--help'], code: 0, says: 'TREEBUS_PING_INTERVAL' },
    { args: ['--version'], code: 0, says: '.' },
    { args: [], code: 2, says: '' },
    { args: ['no-such-verb'], code: 2, says: '' },
  ]
  const ends = await Promise.all(rows.map(({ args }) => finish(t, args)))
  ends.forEach(({ code, stdout }, index) => {
    const row = rows[index]!
    t.is(code, row.code, row.args.join(' '))
    if (row.says === '') t.is(stdout, '')
    else t.true(stdout.includes(row.says), stdout)
  })
})
