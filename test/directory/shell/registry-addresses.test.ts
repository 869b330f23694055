// Which addresses of registries are dialled when: on a clock of the test's own.

import test from 'ava'
import type { DialOutcome, Dials } from '../../../src/directory/shell/dials.js'
import { RegistryAddresses } from '../../../src/directory/shell/registry-addresses.js'

const SELF = 0x1n
const RETRY_MS = 1_000

function made(chance = 0.5) {
  const clock = { nowMs: 0 }
  const linked = new Set<bigint>()
  const tree = new Set<bigint>()
  const dialled: { address: string; tell: (outcome: DialOutcome) => void }[] = []
  const duplicates: string[] = []
  const dials = {
    dial: (address: string, _id: bigint | undefined, tell: (outcome: DialOutcome) => void) => {
      dialled.push({ address, tell })
    },
  } as unknown as Dials
  const addresses = new RegistryAddresses({
    dials,
    selfId: SELF,
    retryMs: RETRY_MS,
    nowMs: () => clock.nowMs,
    chance: () => chance,
    isLinked: (id) => linked.has(id),
    isTreeLink: (id) => tree.has(id),
    duplicate: (_id, address) => duplicates.push(address),
  })
  const tick = (nowMs: number): void => {
    clock.nowMs = nowMs
    addresses.tick(nowMs)
  }
  return { addresses, dialled, duplicates, linked, tick, tree }
}

for (const [chance, ms] of [
  [0, 800],
  [0.5, 1_000],
  [0.999_999, 1_199.9996],
] as const) {
  test(`with chance ${chance} a failed dial is repeated after ${Math.round(ms)} ms (000-02)`, (t) => {
    const { addresses, dialled, tick } = made(chance)
    addresses.set(['unix:///a'])
    dialled[0]?.tell({ kind: 'failed' })
    tick(ms - 1)
    t.is(dialled.length, 1)
    tick(ms)
    t.is(dialled.length, 2)
  })
}

test('an address that is linked is not dialled until its link ends', (t) => {
  const { addresses, dialled, linked, tick } = made()
  addresses.set(['unix:///a'])
  linked.add(0x10n)
  dialled[0]?.tell({ kind: 'up', id: 0x10n })
  tick(1e9)
  t.is(dialled.length, 1)
  linked.clear()
  addresses.linkDown(0x10n)
  tick(1e9 + RETRY_MS)
  t.is(dialled.length, 2)
})

test('of two addresses of one registry one is told as a duplicate, and one is dialled at a time (000-04a)', (t) => {
  const { addresses, dialled, duplicates, linked, tick } = made()
  addresses.set(['unix:///a', 'unix:///b'])
  linked.add(0x10n)
  dialled[0]?.tell({ kind: 'up', id: 0x10n })
  dialled[1]?.tell({ kind: 'up', id: 0x10n })
  t.deepEqual(duplicates, ['unix:///b'])
  linked.clear()
  addresses.linkDown(0x10n)
  tick(RETRY_MS)
  t.deepEqual(
    dialled.slice(2).map(({ address }) => address),
    ['unix:///a'],
  )
  dialled[2]?.tell({ kind: 'failed' })
  tick(RETRY_MS)
  t.deepEqual(
    dialled.slice(3).map(({ address }) => address),
    ['unix:///b'],
  )
})

test('siblings that dialled each other at once are no duplicates, the parent is one', (t) => {
  const { addresses, dialled, duplicates, linked, tree } = made()
  addresses.set(['unix:///a', 'unix:///b'])
  linked.add(0x10n).add(0x11n)
  tree.add(0x11n)
  dialled[0]?.tell({ kind: 'refused', id: 0x10n, code: 'ID_CONFLICT' })
  dialled[1]?.tell({ kind: 'refused', id: 0x11n, code: 'ID_CONFLICT' })
  t.deepEqual(duplicates, ['unix:///b'])
})

test('the own address is dialled once', (t) => {
  const { addresses, dialled, duplicates, tick } = made()
  addresses.set(['unix:///own'])
  dialled[0]?.tell({ kind: 'refused', id: SELF, code: 'ID_CONFLICT' })
  tick(1e9)
  t.is(dialled.length, 1)
  t.deepEqual(duplicates, [])
})

test('an address that is named no more is dialled no more', (t) => {
  const { addresses, dialled, tick } = made()
  addresses.set(['unix:///a'])
  dialled[0]?.tell({ kind: 'failed' })
  addresses.set(['unix:///b'])
  tick(1e9)
  t.deepEqual(
    dialled.map(({ address }) => address),
    ['unix:///a', 'unix:///b'],
  )
  t.is(addresses.size, 1)
})
