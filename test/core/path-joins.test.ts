import test from 'ava'
import { ChangingPaths } from './_path-changes.js'

test('what goes to who joins behind a standing sibling link arrives in order', (t) => {
  const { world, hosts } = new ChangingPaths()
  const [root, a, b] = hosts
  if (root === undefined || a === undefined || b === undefined) throw new Error('hosts')
  b.send(a.core.id, 'are you there?')
  world.advance(1_000)
  b.send(a.core.id, 'by the link of our own')
  world.advance(1_000)
  t.is(b.core.link(a.core.id)?.role, 'sibling')
  // The tree tells of the newcomer first, and is slow the other way; the link is the reverse.
  world.delayMs = (from, to) => {
    if (from === a && to === b) return 50
    return from === root && to === a ? 200 : 1
  }
  const joined = world.host({ id: 0x600n, parents: ['ipv4://10.0.0.2:1'] })
  joined.give({ kind: 'start' })
  const sent: string[] = []
  const ways = new Set<string>()
  for (let number = 0; number < 300; number++) {
    const by = b.core.route(joined.core.id)
    if (by !== undefined && b.send(joined.core.id, String(number)) === 'sent') {
      ways.add(by.role)
      sent.push(String(number))
    }
    world.advance(1)
  }
  world.advance(1_000)
  t.deepEqual([...ways], ['parent', 'sibling'])
  const heard = joined.messages.map(({ text }) => text)
  t.deepEqual(heard, sent)
})

test('a mark that outruns the link it is about holds nothing up', (t) => {
  const { world, hosts } = new ChangingPaths()
  const [root, a, b] = hosts
  if (root === undefined || a === undefined || b === undefined) throw new Error('hosts')
  b.send(a.core.id, 'are you there?')
  world.advance(1_000)
  t.is(b.core.link(a.core.id)?.role, 'sibling')
  const joined = world.host({ id: 0x600n, parents: ['ipv4://10.0.0.2:1'] })
  // The tree is fast, and tells of the newcomer first; the link is slow both ways.
  const pair = [a, b]
  world.delayMs = (from, to) => (pair.includes(from) && pair.includes(to) ? 20 : 1)
  joined.give({ kind: 'start' })
  for (let ms = 0; ms < 100 && b.core.route(joined.core.id)?.role !== 'sibling'; ms++) {
    world.advance(1)
  }
  t.is(b.send(joined.core.id, 'by the link'), 'sent')
  world.advance(25)
  t.is(joined.messages.at(-1)?.text, 'by the link')
})
