import test from 'ava'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

const ADDRESS = 'ipv4://10.0.0.1:7000'
const PARENT = 'ipv4://10.0.0.9:7000'
const HOST = 0x100n
const CHILD = 0x200n

/** A node with a child; everybody who answers at its parent's address is played. */
function family(): { world: World; host: Host; child: Host; dialled: Stranger[] } {
  const world = new World()
  const host = world.host({ id: HOST, parents: [PARENT] }).listen(ADDRESS)
  const child = world.host({ id: CHILD, parents: [ADDRESS] })
  child.give({ kind: 'start' })
  const dialled = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  return { world, host, child, dialled }
}

function answerAsChild(stranger: Stranger, life?: number): void {
  const register = registrationOf({ id: CHILD, ...(life !== undefined && { life }) })
  stranger.say({ kind: 'register_rsp', register }, { resultCode: 0 })
}

for (const [kind, life] of [
  ['plain', undefined],
  ['of our own kind', 7],
] as const) {
  test(`a parent, ${kind}, that takes the id of a living child is refused, however often`, (t) => {
    const { world, host, child, dialled } = family()
    const link = host.core.link(CHILD)?.number
    for (let tries = 0; tries < 20; tries++) {
      const parent = dialled.at(-1)!
      if (parent.isOpen) answerAsChild(parent, life)
      t.false(parent.isOpen)
      world.advance(2_500)
    }
    t.true(dialled.length > 1)
    t.is(host.core.link(CHILD)?.number, link)
    t.truthy(child.core.link(HOST))
    t.like(
      host.events.find(({ kind: event }) => event === 'refused'),
      { by: 'us', id: CHILD, code: 'ID_CONFLICT' },
    )
  })
}

test('a child that is dead does not keep its id from the parent that has it now', (t) => {
  const { world, host, dialled } = family()
  const link = host.core.link(CHILD)?.number
  const [end] = [...host.ends.values()].filter(({ peer }) => peer != null)
  world.blackhole(host, end!.connection)
  for (let tries = 0; tries < 8 && host.core.link(CHILD)?.role !== 'parent'; tries++) {
    const parent = dialled.at(-1)!
    if (parent.isOpen) answerAsChild(parent, 7)
    world.advance(2_500)
  }
  t.not(host.core.link(CHILD)?.number, link)
  t.is(host.core.link(CHILD)?.role, 'parent')
})
