// Where a node says it can be dialled, and what is worth dialling.

import type { NetworkInterfaceInfo } from 'node:os'
import test from 'ava'
import { dialable, ownAddresses } from '../../../src/directory/shell/own-addresses.js'

function made(address: string, internal: boolean): NetworkInterfaceInfo {
  const shared = { netmask: '', mac: '', internal, cidr: null }
  return address.includes(':')
    ? { ...shared, address, family: 'IPv6', scopeid: 0 }
    : { ...shared, address, family: 'IPv4' }
}

const LO = [made('127.0.0.1', true), made('::1', true)]
const ETH = [made('10.0.0.5', false), made('fe80::1', false), made('2001:db8::5', false)]

const CASES = [
  [
    'a place of its own stays',
    ['unix:///run/a', 'tcp://10.1.1.1:7'],
    ['unix:///run/a', 'tcp://10.1.1.1:7'],
  ],
  ['every IPv4 interface is the outer ones', ['tcp://0.0.0.0:7'], ['tcp://10.0.0.5:7']],
  [
    'every interface is both families, without what is local to a link',
    ['tcp://[::]:7'],
    ['tcp://10.0.0.5:7', 'tcp://[2001:db8::5]:7'],
  ],
  ['the same twice is said once', ['tcp://0.0.0.0:7', 'tcp://10.0.0.5:7'], ['tcp://10.0.0.5:7']],
] as const

for (const [what, listening, expected] of CASES) {
  test(`of listeners ${what}`, (t) => {
    t.deepEqual(ownAddresses(listening, { lo: LO, eth0: ETH }), [...expected])
  })
}

test('a host without a network is reached by its loopback', (t) => {
  t.deepEqual(ownAddresses(['tcp://0.0.0.0:7'], { lo: LO }), ['tcp://127.0.0.1:7'])
})

test('no more addresses are said than a record holds, and none that is too long', (t) => {
  const many = Array.from({ length: 20 }, (_, n) => `tcp://10.0.0.1:${n + 1}`)
  t.is(ownAddresses(many, {}).length, 16)
  t.deepEqual(ownAddresses([`unix:///${'x'.repeat(300)}`], {}), [])
})

test('paths and names of another host are not dialled', (t) => {
  const all = ['unix:///a', 'ring://b', 'inproc://c', 'pipe://d', 'tcp://10.0.0.1:1']
  t.deepEqual(dialable(all, true), all)
  t.deepEqual(dialable(all, false), ['tcp://10.0.0.1:1'])
})
