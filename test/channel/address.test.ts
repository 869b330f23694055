import test from 'ava'
import {
  type Address,
  announcedAddress,
  formatAddress,
  isLoopback,
  parseAddress,
  priority,
  tcpAddress,
} from '../../src/channel/address.js'
import { channelFor } from '../../src/channel/channels.js'

const tcp = (host: string, port: number, family: 0 | 4 | 6): Address => ({
  kind: 'tcp',
  host,
  port,
  family,
})

interface Row {
  readonly text: string
  readonly means: Address
  /** Undefined: plain peers are not told of it. */
  readonly announced: string | undefined
  readonly ours?: string
  readonly loopback: boolean
}

const ROWS: readonly Row[] = [
  {
    text: 'tcp://10.0.0.1:7000',
    means: tcp('10.0.0.1', 7000, 4),
    announced: 'ipv4://10.0.0.1:7000',
    loopback: false,
  },
  {
    text: 'tcp://[::1]:7000',
    means: tcp('::1', 7000, 6),
    announced: 'ipv6://::1:7000',
    loopback: true,
  },
  {
    text: 'ipv6://::1:8123',
    means: tcp('::1', 8123, 6),
    announced: 'ipv6://::1:8123',
    ours: 'tcp://[::1]:8123',
    loopback: true,
  },
  {
    text: 'ipv6://0:0:0:0:0:0:0:1:80',
    means: tcp('0:0:0:0:0:0:0:1', 80, 6),
    announced: 'ipv6://0:0:0:0:0:0:0:1:80',
    ours: 'tcp://[0:0:0:0:0:0:0:1]:80',
    loopback: true,
  },
  {
    text: 'ATCP://:::0',
    means: tcp('::', 0, 6),
    announced: 'ipv6://:::0',
    ours: 'tcp://[::]:0',
    loopback: false,
  },
  {
    text: 'ipv6://fe80::1%eth0:65535',
    means: tcp('fe80::1%eth0', 65535, 6),
    announced: 'ipv6://fe80::1%eth0:65535',
    ours: 'tcp://[fe80::1%eth0]:65535',
    loopback: false,
  },
  {
    text: 'ipv6://::ffff:127.0.0.1:1',
    means: tcp('::ffff:127.0.0.1', 1, 6),
    announced: 'ipv6://::ffff:127.0.0.1:1',
    ours: 'tcp://[::ffff:127.0.0.1]:1',
    loopback: true,
  },
  {
    text: 'IPv4://127.0.0.1:1',
    means: tcp('127.0.0.1', 1, 4),
    announced: 'ipv4://127.0.0.1:1',
    ours: 'tcp://127.0.0.1:1',
    loopback: true,
  },
  {
    text: 'tcp://bus.example.org:7000',
    means: tcp('bus.example.org', 7000, 0),
    announced: 'dns://bus.example.org:7000',
    loopback: false,
  },
  {
    text: 'dns://localhost:7000',
    means: tcp('localhost', 7000, 0),
    announced: 'dns://localhost:7000',
    ours: 'tcp://localhost:7000',
    loopback: true,
  },
  {
    text: 'unix:///run/bus.sock',
    means: { kind: 'unix', path: '/run/bus.sock' },
    announced: 'unix:///run/bus.sock',
    loopback: true,
  },
  {
    text: 'pipe://bus.sock',
    means: { kind: 'unix', path: 'bus.sock' },
    announced: 'unix://bus.sock',
    ours: 'unix://bus.sock',
    loopback: true,
  },
  {
    text: 'unix:///run/a:1',
    means: { kind: 'unix', path: '/run/a:1' },
    announced: undefined,
    loopback: true,
  },
  {
    text: 'inproc://main',
    means: { kind: 'inproc', name: 'main' },
    announced: undefined,
    loopback: true,
  },
  {
    text: 'ring://7',
    means: { kind: 'ring', name: '7' },
    announced: undefined,
    loopback: true,
  },
]

for (const row of ROWS) {
  test(`${row.text} is understood, written, announced and placed`, (t) => {
    const parsed = parseAddress(row.text)
    t.deepEqual(parsed, row.means)
    t.is(formatAddress(row.means), row.ours ?? row.text)
    t.deepEqual(parseAddress(formatAddress(row.means)), row.means)
    t.is(announcedAddress(row.means), row.announced)
    if (row.announced !== undefined) t.deepEqual(parseAddress(row.announced), row.means)
    t.is(isLoopback(row.means), row.loopback)
  })
}

const REFUSED: readonly string[] = [
  '',
  'tcp',
  'tcp:',
  'tcp:/127.0.0.1:1',
  'tcp://',
  'tcp://:7000',
  'tcp://host',
  'tcp://host:',
  'tcp://host:65536',
  'tcp://host:000001',
  'tcp://host:-1',
  'tcp://host:+1',
  'tcp://host:1e3',
  'tcp://host:７',
  'tcp://ho st:1',
  'tcp://host/path:1',
  'tcp://user@host:1',
  'tcp://1.2.3:1',
  'tcp://256.0.0.1:1',
  'tcp://::1:7000',
  'tcp://[127.0.0.1]:1',
  'tcp://[host]:1',
  'tcp://[::1:1',
  `tcp://${'a'.repeat(254)}:1`,
  'ipv6://::1',
  'ipv4://host:1',
  'ipv6://host:1',
  'atcp://host:1',
  'unix://',
  'unix:///a\0b',
  `unix:///${'x'.repeat(107)}`,
  `unix:///${'ä'.repeat(54)}`,
  'inproc://',
  `inproc://${'n'.repeat(129)}`,
  'mem://0x7fff0000',
  'shm:///name',
  'http://host:1',
  'constructor://x',
  ' tcp://host:1',
  `${'x'.repeat(600)}://host:1`,
]

for (const text of REFUSED) {
  test(`${JSON.stringify(text.slice(0, 40))} (${text.length}) is no address`, (t) => {
    t.is(parseAddress(text), undefined)
  })
}

test('the longest unix path and inproc name are taken', (t) => {
  t.deepEqual(parseAddress(`unix:///${'x'.repeat(106)}`)?.kind, 'unix')
  t.deepEqual(parseAddress(`inproc://${'n'.repeat(128)}`)?.kind, 'inproc')
})

test('a v4 peer of a v6 socket is written as v4', (t) => {
  t.is(formatAddress(tcpAddress('::ffff:10.0.0.1', 5)), 'tcp://10.0.0.1:5')
  t.is(formatAddress(tcpAddress('fe80::1', 5)), 'tcp://[fe80::1]:5')
})

const PRIORITIES: readonly [string, number, number, number][] = [
  // address, same process, same host, another host
  ['inproc://a', 0x39, 0, 0],
  ['ring://a', 0x19, 0x19, 0],
  ['unix:///a', 0x17, 0x17, 0],
  ['tcp://127.0.0.1:1', 0x13, 0x13, 0],
  ['ipv6://::1:1', 0x13, 0x13, 0],
  ['tcp://10.0.0.1:1', 0x03, 0x03, 0x03],
  ['dns://host:1', 0x03, 0x03, 0x03],
]

for (const [text, process, host, elsewhere] of PRIORITIES) {
  test(`${text} has the priority of its nearness, and 0 where it leads nowhere`, (t) => {
    const address = parseAddress(text)!
    t.is(priority(address, { sameHost: true, sameProcess: true }), process)
    t.is(priority(address, { sameHost: true, sameProcess: false }), host)
    t.is(priority(address, { sameHost: false, sameProcess: false }), elsewhere)
  })
}

test('a channel is chosen by scheme in any case; foreign schemes have none', (t) => {
  const kinds = [
    'TCP://a:1',
    'dns://a:1',
    'ipv4://1.2.3.4:1',
    'unix://a',
    'Pipe://a',
    'ring://a',
    'inproc://a',
  ]
  for (const text of kinds) {
    const scheme = text.split(':')[0]!.toLowerCase()
    t.true(channelFor(text)?.schemes.includes(scheme))
  }
  for (const text of ['shm://a', 'mem://a', 'nothing', '', '://']) t.is(channelFor(text), undefined)
})
