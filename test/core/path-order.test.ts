import test from 'ava'
import { ChangingPaths } from './_path-changes.js'

const CHANGES_MIN = 1_000

test('every pair hears all of 1,000 changes to a link of its own and back, in order, once', (t) => {
  const paths = new ChangingPaths()
  for (let round = 0; paths.changes().back < CHANGES_MIN && round < CHANGES_MIN; round++) {
    paths.round()
  }
  t.deepEqual(paths.wrongs(), [])
  const { there, back } = paths.changes()
  t.true(there >= CHANGES_MIN && back >= CHANGES_MIN, `${there} there, ${back} back`)
})

test('what goes to a node behind a new sibling does not overtake what is under way to it', (t) => {
  const { world, hosts } = new ChangingPaths()
  const [root, , b, , leaf] = hosts
  if (b === undefined || leaf === undefined) throw new Error('hosts')
  world.delayMs = (from, to) => (from === root || to === root ? 30 : 1)
  b.send(0x200n, 'are you there?')
  const sent: string[] = []
  for (let number = 0; number < 300; number++) {
    sent.push(String(number))
    b.send(leaf.core.id, String(number))
    world.advance(1)
  }
  world.advance(1_000)
  t.is(b.core.link(0x200n)?.role, 'sibling')
  t.deepEqual(
    leaf.messages.map(({ text }) => text),
    sent,
  )
})
