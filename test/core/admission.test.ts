import test from 'ava'
import { admit, type Settlement, settle } from '../../src/core/admission.js'
import type { LinkRole } from '../../src/core/effects.js'
import type { Link, PeerIdentity } from '../../src/core/link.js'
import { incarnationOf } from './_harness.js'
import { linkOf, stateOf } from './_links.js'

const SELF = 0x200n
const LOWER = 0x100n
const HIGHER = 0x300n

function peer(id: bigint, life: number | undefined, pid = 7): PeerIdentity {
  const incarnation = life === undefined ? undefined : incarnationOf(life)
  return {
    id,
    pid,
    hostname: 'h',
    hashCode: '',
    incarnation,
    capabilities: 0n,
    attach: 0n,
    addresses: [],
    ranges: [],
  }
}

interface Standing {
  readonly id: bigint
  readonly role: LinkRole
  readonly life?: number
  readonly dialled?: boolean
  readonly silentMs?: number
}

const NOW_MS = 100_000

function standingLink(wish: Standing | undefined): Link | undefined {
  if (wish === undefined) return undefined
  const state = stateOf(SELF)
  state.nowMs = NOW_MS - (wish.silentMs ?? 0)
  return linkOf(state, wish)
}

function outcome(admission: Settlement): string {
  return admission.kind === 'refuse' ? `refuse ${admission.code}` : admission.kind
}

type Row = [string, PeerIdentity, LinkRole, Standing | undefined, string]

const child = { role: 'child' } as const
const sibling = { role: 'sibling' } as const
const parent = { role: 'parent' } as const

const ACCEPTING: Row[] = [
  ['nobody has the id', peer(HIGHER, 1), 'child', undefined, 'new'],
  ['nobody has the id, plain', peer(HIGHER, undefined), 'child', undefined, 'new'],
  ['our own id', peer(SELF, 1), 'child', undefined, 'refuse ID_CONFLICT'],
  ['the same life', peer(HIGHER, 1), 'child', { id: HIGHER, life: 1, ...child }, 'again'],
  [
    'the same life, which has lost a parent since',
    { ...peer(HIGHER, 1), attach: 1n },
    'child',
    { id: HIGHER, life: 1, ...child },
    'replace',
  ],
  [
    'another life, spoke',
    peer(HIGHER, 2),
    'child',
    { id: HIGHER, life: 1, ...child },
    'refuse ID_CONFLICT',
  ],
  [
    'another life, 999 ms silent',
    peer(HIGHER, 2),
    'child',
    { id: HIGHER, life: 1, silentMs: 999, ...child },
    'refuse ID_CONFLICT',
  ],
  [
    'another life, 1 s silent',
    peer(HIGHER, 2),
    'child',
    { id: HIGHER, life: 1, silentMs: 1_000, ...child },
    'probe',
  ],
  ['the same plain process', peer(HIGHER, undefined), 'child', { id: HIGHER, ...child }, 'data'],
  [
    'another plain process, spoke',
    peer(HIGHER, undefined, 8),
    'child',
    { id: HIGHER, ...child },
    'refuse ID_CONFLICT',
  ],
  [
    'another plain process, silent',
    peer(HIGHER, undefined, 8),
    'child',
    { id: HIGHER, silentMs: 5_000, ...child },
    'probe',
  ],
  [
    'a plain claim on one of ours',
    peer(HIGHER, undefined),
    'child',
    { id: HIGHER, life: 1, silentMs: 5_000, ...child },
    'probe',
  ],
  [
    'one of ours claims a plain id',
    peer(HIGHER, 1),
    'child',
    { id: HIGHER, silentMs: 5_000, ...child },
    'probe',
  ],
  [
    'our parent as our child',
    peer(LOWER, 1),
    'child',
    { id: LOWER, life: 1, dialled: true, ...parent },
    'refuse LOOP',
  ],
  [
    'our parent as our sibling',
    peer(LOWER, 1),
    'sibling',
    { id: LOWER, life: 1, dialled: true, ...parent },
    'refuse LOOP',
  ],
  [
    'our child as our sibling, spoke',
    peer(HIGHER, 1),
    'sibling',
    { id: HIGHER, life: 1, ...child },
    'refuse ID_CONFLICT',
  ],
  [
    'our child as our sibling, silent',
    peer(HIGHER, 1),
    'sibling',
    { id: HIGHER, life: 1, silentMs: 2_000, ...child },
    'probe',
  ],
  [
    'our sibling as our child',
    peer(HIGHER, 1),
    'child',
    { id: HIGHER, life: 1, ...sibling },
    'replace',
  ],
  [
    'a higher sibling whom we dialled, spoke',
    peer(HIGHER, 1),
    'sibling',
    { id: HIGHER, life: 1, dialled: true, ...sibling },
    'refuse ID_CONFLICT',
  ],
  [
    'a higher sibling whom we dialled, silent',
    peer(HIGHER, 1),
    'sibling',
    { id: HIGHER, life: 1, dialled: true, silentMs: 2_000, ...sibling },
    'probe',
  ],
  [
    'a lower sibling whom we dialled just now',
    peer(LOWER, 1),
    'sibling',
    { id: LOWER, life: 1, dialled: true, ...sibling },
    'yield',
  ],
  [
    'a lower sibling whom we dialled long ago',
    peer(LOWER, 1),
    'sibling',
    { id: LOWER, life: 1, dialled: true, silentMs: 5_000, ...sibling },
    'replace',
  ],
  [
    'a sibling who dialled us before',
    peer(HIGHER, 1),
    'sibling',
    { id: HIGHER, life: 1, ...sibling },
    'again',
  ],
]

for (const [title, who, role, standing, expected] of ACCEPTING) {
  test(`the acceptor on ${title}: ${expected}`, (t) => {
    const at = {
      nowMs: NOW_MS,
      selfId: SELF,
      standing: standingLink(standing),
      links: 1,
      linksMax: 2,
      probeMs: 1_000,
      crossingMs: 5_000,
    }
    t.is(outcome(admit(who, role, at)), expected)
  })
}

test('the acceptor is full at its number of links, and not for whom it knows', (t) => {
  const at = {
    nowMs: NOW_MS,
    selfId: SELF,
    standing: undefined,
    links: 2,
    linksMax: 2,
    probeMs: 1_000,
    crossingMs: 5_000,
  }
  t.is(outcome(admit(peer(HIGHER, 1), 'child', at)), 'refuse FULL')
  const standing = standingLink({ id: HIGHER, life: 1, ...child })
  t.is(outcome(admit(peer(HIGHER, 1), 'child', { ...at, standing })), 'again')
})

test('a plain process that has both connections and comes again has lost them', (t) => {
  const standing = standingLink({ id: HIGHER, ...child })
  const more = { links: 1, linksMax: 2, probeMs: 1_000, crossingMs: 5_000 }
  const at = { nowMs: NOW_MS, selfId: SELF, standing, ...more }
  const who = peer(HIGHER, undefined)
  t.is(outcome(admit(who, 'child', at)), 'data')
  if (standing === undefined) return t.fail('no link')
  const both: Link = Object.create(standing, { data: { value: new Set([1]) } })
  t.is(outcome(admit(who, 'child', { ...at, standing: both })), 'replace')
})

const DIALLING: [string, PeerIdentity, boolean, Standing | undefined, string][] = [
  ['nobody has the id', peer(HIGHER, 1), true, undefined, 'new'],
  ['another life', peer(HIGHER, 2), true, { id: HIGHER, life: 1, ...parent }, 'replace'],
  ["a parent with a child's id", peer(HIGHER, 2), true, { id: HIGHER, life: 1, ...child }, 'probe'],
  [
    "a sibling with our parent's id",
    peer(HIGHER, 2),
    false,
    { id: HIGHER, life: 1, ...parent },
    'probe',
  ],
  ['the same plain process', peer(HIGHER, undefined), false, { id: HIGHER, ...sibling }, 'data'],
  [
    'our child as our parent',
    peer(HIGHER, 1),
    true,
    { id: HIGHER, life: 1, ...child },
    'refuse LOOP',
  ],
  [
    'our child as our sibling',
    peer(HIGHER, 1),
    false,
    { id: HIGHER, life: 1, ...child },
    'replace',
  ],
  [
    'a higher sibling who dialled us too',
    peer(HIGHER, 1),
    false,
    { id: HIGHER, life: 1, ...sibling },
    'yield',
  ],
  [
    'a lower sibling who dialled us too',
    peer(LOWER, 1),
    false,
    { id: LOWER, life: 1, ...sibling },
    'behind',
  ],
  [
    'one whom we dialled before',
    peer(LOWER, 1),
    false,
    { id: LOWER, life: 1, dialled: true, ...sibling },
    'replace',
  ],
]

for (const [title, who, asParent, standing, expected] of DIALLING) {
  test(`the dialler on ${title}: ${expected}`, (t) => {
    const crossing = { selfId: SELF, standing: standingLink(standing), asParent, crossed: true }
    const at = { nowMs: NOW_MS, probeMs: 1_000, ...crossing }
    t.is(outcome(settle(who, at)), expected)
  })
}

test('the dialler lets go of an older link that the lower sibling has given up', (t) => {
  const standing = standingLink({ id: LOWER, life: 1, ...sibling })
  const crossing = { selfId: SELF, standing, asParent: false, crossed: false }
  const at = { nowMs: NOW_MS, probeMs: 1_000, ...crossing }
  t.is(outcome(settle(peer(LOWER, 1), at)), 'replace')
})

test('the acceptor lets a higher node whom it dialled as sibling become its child', (t) => {
  const at = {
    nowMs: NOW_MS,
    selfId: SELF,
    standing: standingLink({ id: HIGHER, life: 1, dialled: true, ...sibling }),
    links: 1,
    linksMax: 2,
    probeMs: 1_000,
    crossingMs: 5_000,
  }
  t.is(outcome(admit(peer(HIGHER, 1), 'child', at)), 'replace')
})
