import test from 'ava'
import { ADDRESSES_MAX, RegisterPatience } from '../../src/core/register-patience.js'

const WAITS: readonly [registerMs: number, waits: readonly number[]][] = [
  [5_000, [5_000, 10_000, 20_000, 20_000]],
  [1_000, [1_000, 2_000, 4_000, 4_000]],
  [60_000, [60_000, 120_000]],
]

for (const [registerMs, waits] of WAITS) {
  test(`from ${registerMs} ms the wait doubles with each that timed out, up to its bound`, (t) => {
    const patience = new RegisterPatience(registerMs)
    const seen = waits.map(() => {
      const limitMs = patience.limitMs('a')
      patience.timedOut('a')
      return limitMs
    })
    t.deepEqual(seen, waits)
  })
}

test('after a thousand in a row the wait is still the bound', (t) => {
  const patience = new RegisterPatience(5_000)
  for (let count = 0; count < 1_000; count++) patience.timedOut('a')
  t.is(patience.limitMs('a'), 20_000)
})

test('an answer brings the wait back to what it was, at that address alone', (t) => {
  const patience = new RegisterPatience(5_000)
  for (const address of ['a', 'a', 'b']) patience.timedOut(address)
  patience.answered('a')
  t.is(patience.limitMs('a'), 5_000)
  t.is(patience.limitMs('b'), 10_000)
  t.is(patience.limitMs('c'), 5_000)
})

test('of too many addresses the one that timed out longest ago is forgotten', (t) => {
  const patience = new RegisterPatience(5_000)
  for (let number = 0; number < ADDRESSES_MAX; number++) patience.timedOut(`${number}`)
  patience.timedOut('0')
  patience.timedOut('one more')
  t.is(patience.limitMs('0'), 20_000)
  t.is(patience.limitMs('1'), 5_000)
  t.is(patience.limitMs('2'), 10_000)
})
