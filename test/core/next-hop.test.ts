import test from 'ava'
import { highHalf, lowHalf } from '../../src/core/bus-id.js'
import type { CoreState } from '../../src/core/core-state.js'
import type { Link } from '../../src/core/link.js'
import { NextHop } from '../../src/core/next-hop.js'
import { SenderCheck } from '../../src/core/sender-check.js'
import { join, routingOf, stateOf } from './_links.js'

function nextHopOf(state: CoreState): NextHop {
  return new NextHop(state, routingOf(state))
}

function checkOf(state: CoreState): SenderCheck {
  const routing = routingOf(state)
  return new SenderCheck(state, new NextHop(state, routing), routing.table)
}

/**
 * 0x10 is us. Above: 0x1. Children: 0x20 with 0x21 and 0x22 below, 0x30. Sibling 0x40 with 0x41
 * below. 0x50 is a child that is not connected, with 0x51 below. 0x2 is next to the parent.
 */
function scene(withParent = true): { state: CoreState; links: Record<string, Link> } {
  const state = stateOf(0x10n)
  const { topology } = state
  topology.update(0x10n, withParent ? 0x1n : 0n)
  for (const [id, parent] of [
    [0x20n, 0x10n],
    [0x21n, 0x20n],
    [0x22n, 0x21n],
    [0x30n, 0x10n],
    [0x40n, 0x1n],
    [0x41n, 0x40n],
    [0x50n, 0x10n],
    [0x51n, 0x50n],
    [0x2n, 0x9n],
  ] as const) {
    topology.update(id, parent)
  }
  const links: Record<string, Link> = {
    child: join(state, 0x20n, 'child'),
    other: join(state, 0x30n, 'child'),
    sibling: join(state, 0x40n, 'sibling'),
  }
  if (withParent) links.parent = join(state, 0x1n, 'parent')
  return { state, links }
}

function nameOf(links: Record<string, Link>, link: Link | undefined): string {
  return Object.entries(links).find(([, known]) => known === link)?.[0] ?? 'none'
}

const WAYS: [string, bigint, string, string][] = [
  ['a child', 0x20n, 'child', 'child'],
  ['the parent', 0x1n, 'parent', 'none'],
  ['a sibling', 0x40n, 'sibling', 'sibling'],
  ['one below a child', 0x21n, 'child', 'child'],
  ['one far below a child', 0x22n, 'child', 'child'],
  ['one below a sibling', 0x41n, 'sibling', 'sibling'],
  ['a child that is not connected', 0x50n, 'none', 'none'],
  ['one below a child that is not connected', 0x51n, 'none', 'none'],
  ['one of another tree', 0x2n, 'parent', 'none'],
  ['one that nobody knows', 0x999n, 'parent', 'none'],
]

for (const [title, id, withParent, asRoot] of WAYS) {
  test(`D.4: the way to ${title} is ${withParent}, for a root ${asRoot}`, (t) => {
    for (const [hasParent, expected] of [
      [true, withParent],
      [false, asRoot],
    ] as const) {
      const { state, links } = scene(hasParent)
      const nextHop = nextHopOf(state)
      for (let asked = 0; asked < 2; asked++) {
        t.is(nameOf(links, nextHop.find(highHalf(id), lowHalf(id))), expected)
      }
    }
  })
}

test('a way changes with links and topology', (t) => {
  const { state, links } = scene()
  const nextHop = nextHopOf(state)
  t.is(nextHop.find(0, 0x21), links.child)
  state.topology.update(0x21n, 0x30n)
  t.is(nextHop.find(0, 0x21), links.other)
  if (links.other) state.neighbours.remove(links.other)
  t.is(nextHop.find(0, 0x21), undefined)
})

test('equal low halves are told apart by their high halves', (t) => {
  const state = stateOf(0x10n)
  const low = join(state, 0x20n, 'child')
  const high = join(state, 0x7_0000_0020n, 'child')
  const nextHop = nextHopOf(state)
  t.is(nextHop.find(0, 0x20), low)
  t.is(nextHop.find(7, 0x20), high)
  t.is(nextHop.find(8, 0x20), undefined)
})

const ONWARD: [string, string, bigint, string][] = [
  ['from a child to another', 'child', 0x30n, 'other'],
  ['from a child up', 'child', 0x999n, 'parent'],
  ['from a child to a sibling', 'child', 0x41n, 'sibling'],
  ['from a child back to itself', 'child', 0x20n, 'none'],
  ['from a child back below it', 'child', 0x22n, 'none'],
  ['from the parent down', 'parent', 0x22n, 'child'],
  ['from the parent up again', 'parent', 0x999n, 'none'],
  ['from the parent to a sibling', 'parent', 0x41n, 'none'],
  ['from a sibling down', 'sibling', 0x30n, 'other'],
  ['from a sibling up', 'sibling', 0x1n, 'none'],
  ['from a sibling to what nobody knows', 'sibling', 0x999n, 'none'],
]

for (const [title, from, id, expected] of ONWARD) {
  test(`a message ${title} goes on to ${expected}`, (t) => {
    const { state, links } = scene()
    const link = links[from]
    if (link === undefined) return t.fail('no link')
    t.is(nameOf(links, nextHopOf(state).onward(highHalf(id), lowHalf(id), link)), expected)
  })
}

const ALL = ['child', 'other', 'sibling', 'parent']

/**
 * The links over which a sender may come. All of them are plain: such a parent cannot name who is
 * below us and above us as well (plain-around-senders.test.ts has the others).
 */
const SENDERS: [string, bigint, string[]][] = [
  ['a child', 0x20n, ['child', 'parent']],
  ['one below a child', 0x21n, ['child', 'parent']],
  ['one far below a child', 0x22n, ['child', 'parent']],
  ['another child', 0x30n, ['other', 'parent']],
  ['the parent', 0x1n, ['parent']],
  ['a sibling', 0x40n, ['sibling', 'parent']],
  ['we ourselves', 0x10n, []],
  ['nobody', 0n, []],
  ['one below a sibling', 0x41n, ALL],
  ['one below a child that is not connected', 0x51n, ALL],
  ['one that nobody knows', 0x999n, ALL],
]

for (const [title, id, expected] of SENDERS) {
  test(`robustness 13: ${title} may speak over ${expected.join(', ') || 'no link'}`, (t) => {
    const { state, links } = scene()
    const check = checkOf(state)
    for (let asked = 0; asked < 2; asked++) {
      const good = Object.entries(links).filter(
        ([, link]) => check.judge(link, highHalf(id), lowHalf(id)) === 'good',
      )
      t.deepEqual(
        good.map(([name]) => name),
        expected,
      )
    }
  })
}

test('robustness 13: a sibling that is below a child may speak over both links', (t) => {
  const { state, links } = scene()
  links.below = join(state, 0x22n, 'sibling')
  const check = checkOf(state)
  const verdicts = (id: bigint) =>
    ['child', 'below', 'other', 'sibling'].map((name) => {
      const link = links[name]
      return link && check.judge(link, highHalf(id), lowHalf(id))
    })
  t.deepEqual(verdicts(0x22n), ['good', 'good', 'misplaced', 'misplaced'])
  state.topology.update(0x23n, 0x22n)
  t.deepEqual(verdicts(0x23n), ['good', 'good', 'misplaced', 'misplaced'])
})

test('robustness 13: a sibling that the topology does not know may speak over any link', (t) => {
  const { state, links } = scene()
  links.stranger = join(state, 0x99n, 'sibling')
  const check = checkOf(state)
  for (const link of Object.values(links)) t.is(check.judge(link, 0, 0x99), 'good')
  state.topology.update(0x99n, 0x1n)
  const good = Object.entries(links).filter(([, link]) => check.judge(link, 0, 0x99) === 'good')
  t.deepEqual(
    good.map(([name]) => name),
    ['parent', 'stranger'],
  )
})

test('robustness 13: the tenth forged sender in ten seconds is one too many', (t) => {
  const { state, links } = scene()
  const check = checkOf(state)
  const { child, other } = links
  if (child === undefined || other === undefined) return t.fail('no link')
  const forge = (link: Link): boolean => {
    t.is(check.judge(link, 0, 0x10), 'forged')
    return check.isTooMany(link)
  }
  for (let count = 1; count < 10; count++) t.false(forge(child), `${count}`)
  t.false(forge(other))
  state.nowMs = 10_000
  t.true(forge(child))
  state.nowMs = 10_001
  t.false(forge(child))
})

test('robustness 13: misplaced senders never are too many', (t) => {
  const { state, links } = scene()
  const check = checkOf(state)
  const { other } = links
  if (other === undefined) return t.fail('no link')
  for (let count = 1; count <= 20; count++) {
    t.is(check.judge(other, 0, 0x21), 'misplaced')
    t.false(check.isTooMany(other))
  }
})

test('a sibling that is below us gets what is for itself, but not from above', (t) => {
  const { state, links } = scene()
  links.below = join(state, 0x22n, 'sibling')
  state.topology.update(0x23n, 0x22n)
  const nextHop = nextHopOf(state)
  const ways = (id: number) =>
    ['parent', 'sibling', 'other', 'child'].map((name) => {
      const link = links[name]
      return link && nameOf(links, nextHop.onward(0, id, link))
    })
  for (let asked = 0; asked < 2; asked++) {
    t.deepEqual(ways(0x22), ['child', 'child', 'below', 'below'])
    t.deepEqual(ways(0x23), ['child', 'child', 'child', 'none'])
    t.is(nextHop.find(0, 0x23), links.child)
  }
})

test('a sibling that is above us gets only what is for itself', (t) => {
  const { state, links } = scene()
  const { topology } = state
  for (const [id, parent] of [
    [0x1n, 0x3n],
    [0x3n, 0x4n],
    [0x61n, 0x3n],
    [0x71n, 0x4n],
    [0x4n, 0x5n],
  ] as const) {
    topology.update(id, parent)
  }
  links.above = join(state, 0x4n, 'sibling')
  const nextHop = nextHopOf(state)
  const wayTo = (id: number) => nameOf(links, nextHop.find(0, id))
  t.is(wayTo(0x4), 'above')
  for (const id of [0x3, 0x61, 0x71, 0x5]) t.is(wayTo(id), 'parent')
  if (links.parent) state.neighbours.remove(links.parent)
  for (const id of [0x3, 0x61, 0x71, 0x5]) t.is(wayTo(id), 'none')
})
