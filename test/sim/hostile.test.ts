import test from 'ava'
import {
  type Announcement,
  type ControlBody,
  encodeControl,
  type RegisterData,
} from '../../src/wire/control.js'
import { EXTENSION } from '../../src/wire/extension.js'
import { frameOf } from '../../src/wire/frame.js'
import { registrationOf } from '../core/_registrations.js'
import { Stranger, takeApart } from '../core/_stranger.js'
import {
  BRANCH,
  FAR_LEAF,
  HOSTILE,
  HostileTree,
  LEAF,
  OTHER_BRANCH,
  ROOT,
  TAPPED,
  TOKENS,
} from './hostile-tree.js'

/** Twice the tolerance of clocks: by then nobody remembers that it was ever heard. */
const FORGOTTEN_MS = 600_000

test('hostile: a tree that nobody troubles loses nothing', (t) => {
  const tree = new HostileTree()
  tree.pass(60_000)
  t.true(tree.sent > 1_000)
  t.deepEqual(tree.lost, [])
  t.deepEqual(tree.downs(), [])
})

for (const [when, waitMs] of [
  ['at once', 0],
  ['later', 10_000],
  ['when it is forgotten and its time is over', FORGOTTEN_MS + 10_000],
] as const) {
  test(`hostile: a registration that is played again ${when} is refused`, (t) => {
    const tree = new HostileTree()
    tree.pass(1_000)
    tree.pass(waitMs, [], 10_000)
    const refused = tree.at(BRANCH).core.counters.refusedByUs
    for (let plays = 0; plays < 20; plays++) {
      const stranger = Stranger.to(tree.at(BRANCH))
      stranger.sayBytes(tree.tap.heard[0]!)
      t.false(stranger.isOpen)
      tree.talk()
    }
    t.is(tree.at(BRANCH).core.counters.refusedByUs - refused, 20)
    tree.pass(30_000)
    t.deepEqual(tree.lost, [])
    t.deepEqual(tree.downs(), [])
  })
}

function playedElsewhere(id: bigint): { tree: HostileTree; stranger: Stranger } {
  const tree = new HostileTree()
  tree.pass(1_000)
  const stranger = Stranger.to(tree.at(id))
  stranger.sayBytes(tree.tap.heard[0]!)
  return { tree, stranger }
}

test('hostile: a registration that is played to its own author is refused', (t) => {
  const { tree, stranger } = playedElsewhere(TAPPED)
  t.false(stranger.isOpen)
  tree.pass(30_000)
  t.deepEqual(tree.lost, [])
})

/** What a small frame holds. */
const innerOf = (frame: Uint8Array) => frame.subarray(frame[4]! & 0x80 ? 6 : 5)

const CONFIRMS: Record<string, (tree: HostileTree) => ControlBody | undefined> = {
  nothing: () => undefined,
  'a bare confirm': () => ({ kind: 'handshake_confirm', sequence: 0n }),
  'a confirm of its own making': () => {
    const bindings = [new Uint8Array(32).fill(1)]
    return { kind: 'handshake_confirm', sequence: 0n, bindings }
  },
  'the confirm that it heard': (tree) => takeApart(innerOf(tree.tap.heard[1]!)).control,
}

for (const [what, confirm] of Object.entries(CONFIRMS)) {
  for (const id of [ROOT, OTHER_BRANCH, LEAF]) {
    test(`hostile: a registration played to ${id}, and ${what}, never bring a link up`, (t) => {
      const { tree, stranger } = playedElsewhere(id)
      const host = tree.at(id)
      const { linksUp } = host.core.counters
      t.is(stranger.last().resultCode, 0)
      const words = confirm(tree)
      t.is(words?.kind ?? 'handshake_confirm', 'handshake_confirm')
      if (words !== undefined) stranger.say(words)
      tree.pass(30_000)
      t.false(stranger.isOpen)
      t.is(host.core.counters.linksUp, linksUp)
      t.deepEqual(stranger.kinds(), ['register_rsp'])
      t.is(tree.at(BRANCH).core.link(TAPPED)?.role, 'child')
      t.deepEqual(tree.lost, [])
      t.deepEqual(tree.downs(), [])
    })
  }
}

type Change = (register: RegisterData) => RegisterData

const CHANGES: Record<string, Change> = {
  /** As a plain node would have made it: its own signature holds. */
  'is stripped': ({ announcement: _cutOut, ...register }) => register,
  'is changed': (register) => announcing(register, { attach: 99n }),
  'says another role': (register) => announcing(register, { role: 2 }),
  'is of another life': (register) => announcing(register, { incarnation: new Uint8Array(16) }),
}

function announcing(register: RegisterData, change: Partial<Announcement>): RegisterData {
  const { announcement } = register
  return announcement ? { ...register, announcement: { ...announcement, ...change } } : register
}

/** Registrations on their way; whatever else is said goes on as it is. */
function altered(change: Change): (frame: Uint8Array) => Uint8Array {
  return (frame) => {
    const { control, sequence } = takeApart(innerOf(frame))
    if (control?.kind !== 'register_req') return frame
    const head = { sequence, resultCode: 0, type: 0, sourceId: control.register.id }
    const register = change(control.register)
    return frameOf(encodeControl(head, { kind: 'register_req', register }))
  }
}

for (const [what, change] of Object.entries(CHANGES)) {
  test(`hostile: an announcement that ${what} costs one link, until it is let through`, (t) => {
    const tree = new HostileTree()
    tree.pass(5_000)
    const { core } = tree.at(BRANCH)
    const { linksUp, refusedByUs } = core.counters
    tree.tap.alter = altered(change)
    tree.at(BRANCH).give({ kind: 'disconnect', id: TAPPED })
    tree.pass(20_000, [TAPPED])
    t.is(core.link(TAPPED), undefined)
    t.is(core.counters.linksUp, linksUp)
    t.true(core.counters.refusedByUs > refusedByUs)
    tree.tap.alter = (frame) => frame
    tree.pass(30_000, [TAPPED])
    t.is(core.link(TAPPED)?.plain, false)
    tree.talk()
    t.deepEqual(tree.lost, [])
  })
}

test('hostile: who speaks for others is dropped, and loses its own link at the tenth', (t) => {
  const tree = new HostileTree()
  // What somebody who has just moved may still say is not counted.
  tree.pass(30_000)
  const hostile = tree.hostileChild()
  for (const from of [ROOT, BRANCH, LEAF, TAPPED]) {
    for (const to of [ROOT, BRANCH, LEAF, FAR_LEAF]) {
      if (hostile.isOpen) hostile.sayData({ from, to, text: 'forged' })
      tree.world.advance(100)
      tree.talk()
    }
  }
  const arrived = [...tree.hosts.values()].flatMap(({ messages }) => messages)
  t.false(arrived.some(({ text }) => text === 'forged'))
  t.false(hostile.isOpen)
  t.is(tree.at(BRANCH).core.link(HOSTILE), undefined)
  t.deepEqual(tree.lost, [])
  t.deepEqual(tree.downs(), [])
})

test('hostile: forged answers reach nobody in the name of another', (t) => {
  const tree = new HostileTree()
  const hostile = tree.hostileChild()
  const before = tree.at(LEAF).answers.length
  for (let number = 1n; number <= 9n; number++) {
    const forged = { from: TAPPED, to: LEAF, text: 'forged', number }
    if (number % 2n === 0n) hostile.sayData({ ...forged, kind: 'data_rsp', sequence: number })
    else hostile.sayData({ ...forged, extensionKind: EXTENSION.REPLY })
    tree.talk()
  }
  t.false(tree.at(LEAF).messages.some(({ text }) => text === 'forged'))
  t.is(tree.at(LEAF).answers.length, before)
  t.true(tree.at(BRANCH).core.counters.badSenders >= 9)
  t.deepEqual(tree.lost, [])
  t.deepEqual(tree.downs(), [])
})

test('hostile: ids that flap, and ids of others, take nobody from the tree', (t) => {
  const tree = new HostileTree()
  tree.talk()
  const links = [LEAF, TAPPED].map((id) => tree.at(BRANCH).core.link(id)?.number)
  for (let round = 0; round < 100; round++) {
    const hostile = tree.hostileChild(HOSTILE, round)
    hostile.hangUp(round % 2 === 0)
    const thief = Stranger.to(tree.at(BRANCH))
    const id = [LEAF, TAPPED, ROOT, BRANCH][round % 4]!
    thief.say({
      kind: 'register_req',
      register: registrationOf({ id, life: round, tokens: TOKENS }),
    })
    tree.pass(1_500)
    t.false(thief.isOpen, `${id}`)
  }
  t.deepEqual(
    [LEAF, TAPPED].map((id) => tree.at(BRANCH).core.link(id)?.number),
    links,
  )
  t.deepEqual(tree.lost, [])
  t.deepEqual(tree.downs(), [])
})
