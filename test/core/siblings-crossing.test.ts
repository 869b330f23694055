import test from 'ava'
import { Crossing, HIGH, LOW, STEPS } from './_crossing.js'
import { type Host, World } from './_harness.js'
import { registrationOf, token } from './_registrations.js'
import { Stranger } from './_stranger.js'

/** Says the next number wherever there is a link to say it on, and keeps what was taken. */
class Talker {
  readonly taken: string[] = []

  constructor(
    readonly from: Host,
    readonly to: bigint,
  ) {}

  say(): void {
    const text = `${this.taken.length}`
    if (this.from.send(this.to, text) === 'sent') this.taken.push(text)
  }
}

/** Every order of the first words of both cables, with as many of them as `steps`. */
function* orders(steps: number): Iterable<readonly (typeof STEPS)[number][]> {
  for (let order = 0; order < 4 ** steps; order++) {
    yield Array.from({ length: steps }, (_, at) => STEPS[Math.floor(order / 4 ** at) % 4]!)
  }
}

for (const [title, tokens] of [
  ['with tokens', [token('t')]],
  ['without tokens', []],
] as const) {
  test(`siblings that dial each other at once ${title} lose no message, and keep the order`, (t) => {
    let most = 0
    for (const order of orders(5)) {
      const crossing = new Crossing(tokens)
      const { low, high } = crossing
      const talkers = [new Talker(low, HIGH), new Talker(high, LOW)] as const
      const sayAll = (): void => {
        for (const talker of talkers) talker.say()
      }
      for (const step of order) {
        crossing.step(...step)
        sayAll()
      }
      most = Math.max(most, ...talkers.map(({ taken }) => taken.length))
      crossing.finish()
      sayAll()
      crossing.finish()
      const name = JSON.stringify(order)
      const heard = [high, low].map(({ messages }) => messages.map(({ text }) => text))
      if (JSON.stringify(heard) !== JSON.stringify(talkers.map(({ taken }) => taken))) {
        t.deepEqual(
          heard,
          talkers.map(({ taken }) => taken),
          name,
        )
      }
      t.deepEqual([low.ends.size, high.ends.size], [1, 1], name)
      t.deepEqual([low.core.links().length, high.core.links().length], [1, 1], name)
    }
    t.true(most > 2)
  })
}

test('what is said to follow a last word that never comes is read after a second', (t) => {
  const world = new World()
  const host = world.host({ id: LOW })
  const sibling = { life: 1, announcement: { role: 2 } }
  const stranger = Stranger.to(host).join(registrationOf({ id: HIGH, ...sibling }))
  stranger.say({ kind: 'leave', code: 0, drains: false, follows: true })
  stranger.sayData({ from: HIGH, to: LOW, text: 'held' })
  world.advance(999)
  t.deepEqual(host.messages, [])
  world.advance(1)
  t.deepEqual(
    host.messages.map(({ text }) => text),
    ['held'],
  )
  t.is(host.core.link(HIGH)?.role, 'sibling')
})

test('a connection that gave way is closed after 5 seconds, whatever the other end does', (t) => {
  const crossing = new Crossing([token('t')])
  const { high, low, world } = crossing
  // Either is answered; of the confirms only that of the connection that gives way arrives.
  for (const cable of [1, 0]) {
    crossing.step(cable, 'out')
    crossing.step(cable, 'back')
  }
  crossing.step(1, 'out')
  t.is(low.send(HIGH, 'behind'), 'sent')
  t.deepEqual([low.ends.size, high.ends.size], [2, 2])
  world.advance(4_999)
  t.is(low.ends.size, 2)
  world.advance(1)
  t.is(low.ends.size, 1)
  t.is(low.core.link(HIGH)?.role, 'sibling')
})
