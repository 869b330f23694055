// How senders are held back that know no bound of their own.

import test from 'ava'
import { CreditCounter } from '../../benchmarks/peers/credit.js'
import { Pump } from '../../benchmarks/peers/pump.js'

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('a quarter of the window is granted when a quarter has arrived', (t) => {
  const grants: number[] = []
  const counter = new CreditCounter({ payloadBytes: 5, window: 8 }, (more) => grants.push(more))
  for (let i = 0; i < 5; i++) counter.arrived(5)
  t.deepEqual(grants, [2, 2])
})

test('with several senders a quarter is that of all of them', (t) => {
  const grants: number[] = []
  const options = { payloadBytes: 5, senders: 3, window: 8 }
  const counter = new CreditCounter(options, (more) => grants.push(more))
  for (let i = 0; i < 6; i++) counter.arrived(5)
  t.deepEqual(grants, [6])
})

test('a payload of another length, or out of its turn, is wrong', (t) => {
  const one = new CreditCounter({ payloadBytes: 5, window: 8 }, () => undefined)
  one.arrived(4)
  t.throws(() => one.check(), { message: /1 messages are not what was sent/ })
  const two = new CreditCounter({ sizes: [1, 2], window: 8 }, () => undefined)
  two.arrived(1)
  two.arrived(2)
  t.notThrows(() => two.check())
  two.arrived(2)
  t.throws(() => two.check())
})

test('a pump sends no more than its window, and goes on with what is granted', async (t) => {
  let sent = 0
  const source = {
    send: (messages: number) => {
      sent += messages
      return undefined
    },
  }
  const pump = new Pump(source, { burst: 3, window: 8 })
  pump.run()
  await turns(10)
  t.is(sent, 8)
  pump.grant(2)
  pump.grant(2)
  await turns(10)
  t.is(sent, 12)
})

test('a pump waits for what its source returns', async (t) => {
  const held: Array<() => void> = []
  const source = { send: () => new Promise<void>((resolve) => held.push(resolve)) }
  const pump = new Pump(source, { burst: 1, window: 0 })
  pump.run()
  await turns(10)
  t.is(held.length, 1)
  held[0]?.()
  await turns(10)
  t.is(held.length, 2)
})
