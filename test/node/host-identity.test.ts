import { createHash } from 'node:crypto'
import type { NetworkInterfaceInfo } from 'node:os'
import test from 'ava'
import { hostIdentity, newHashCode, newIncarnation } from '../../src/node/host-identity.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function interfaces(...macs: (string | [mac: string, internal: boolean])[]) {
  const list: Record<string, NetworkInterfaceInfo[]> = {}
  for (const [index, entry] of macs.entries()) {
    const [mac, internal] = typeof entry === 'string' ? [entry, false] : entry
    const info = { mac, internal, address: '192.0.2.1', netmask: '', family: 'IPv4', cidr: null }
    list[`if${index}`] = [info as NetworkInterfaceInfo]
  }
  return list
}

// Spec C.2: lower-case hex without leading zero bytes, sorted, unique, joined by colons.
const TABLE: [title: string, given: ReturnType<typeof interfaces>, text: string][] = [
  ['one interface', interfaces('aa:bb:cc:dd:ee:ff'), 'aabbccddeeff'],
  ['upper case', interfaces('AA:BB:CC:DD:EE:FF'), 'aabbccddeeff'],
  ['sorted', interfaces('f2:00:00:00:00:01', '02:42:ac:11:00:02'), '0242ac110002:f20000000001'],
  ['each once', interfaces('aa:00:00:00:00:01', 'aa:00:00:00:00:01'), 'aa0000000001'],
  ['leading zero bytes go', interfaces('00:00:5e:00:53:01'), '5e005301'],
  ['a zero digit stays', interfaces('00:0a:00:00:00:00'), '0a00000000'],
  [
    'sorted after stripping',
    interfaces('00:ff:00:00:00:01', 'aa:00:00:00:00:01'),
    'aa0000000001:ff00000001',
  ],
  [
    'loopback is left out',
    interfaces(['aa:00:00:00:00:01', true], 'bb:00:00:00:00:01'),
    'bb0000000001',
  ],
  ['no address is none', interfaces('00:00:00:00:00:00', 'bb:00:00:00:00:01'), 'bb0000000001'],
  ['nothing: the name', interfaces(), 'a-host'],
  ['only loopback: the name', interfaces(['00:00:00:00:00:00', true]), 'a-host'],
]

for (const [title, given, text] of TABLE) {
  test(`host identity, ${title}`, (t) => {
    t.is(hostIdentity(given, 'a-host'), sha256(text))
  })
}

test('host identity: one fixed vector, so that no two mistakes cancel out', (t) => {
  // printf %s 'aabbccddeeff' | sha256sum
  const fixed = 'c1799564f2eefcaf63dd2e5cc08573e63856222a232dab2d91a17b232830d430'
  t.is(hostIdentity(interfaces('aa:bb:cc:dd:ee:ff'), 'a-host'), fixed)
})

test('an interface with several addresses counts once', (t) => {
  const one = interfaces('aa:bb:cc:dd:ee:ff')
  one['if0']!.push({ ...one['if0']![0]!, address: '192.0.2.2' })
  t.is(hostIdentity(one, 'a-host'), sha256('aabbccddeeff'))
})

test('all processes of this host get the same identity', (t) => {
  t.regex(hostIdentity(), /^[0-9a-f]{64}$/)
  t.is(hostIdentity(), hostIdentity())
})

test('an incarnation is a UUID version 7 that carries its time', (t) => {
  const at = 0x0123_4567_89ab
  const uuid = newIncarnation(at)
  t.is(uuid.length, 16)
  t.is(Buffer.from(uuid.subarray(0, 6)).toString('hex'), '0123456789ab')
  t.is(uuid[6]! >> 4, 7)
  t.is(uuid[8]! >> 6, 0b10)
  t.notDeepEqual(newIncarnation(at), uuid)
})

test('a hash code is 64 hexadecimal digits, another each time', (t) => {
  t.regex(newHashCode(), /^[0-9a-f]{64}$/)
  t.not(newHashCode(), newHashCode())
})
