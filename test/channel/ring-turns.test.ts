import test from 'ava'
import type { Addon, NativeLink } from '../../src/channel/native.js'
import { type RingMember, RingTurns } from '../../src/channel/ring-turns.js'

/** An addon in which nothing happens but what `work` says: how many links each call finds. */
function idle(work: number[]): { addon: Addon; spins: boolean[] } {
  const spins: boolean[] = []
  const ready = (_slots: Uint32Array, mayYield: boolean): number => {
    spins.push(mayYield)
    return work.shift() ?? 0
  }
  const addon = { ready, slotsPerCall: 4, watch: () => 0 }
  return { addon: addon as unknown as Addon, spins }
}

function member(spinMicros: number): RingMember {
  return { link: {} as NativeLink, spinMicros, turn: () => {} }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function untilAsleep(spins: boolean[]): Promise<void> {
  for (let last = -1; last !== spins.length; await turn()) last = spins.length
}

test('a thread that is to spin looks again after the last byte, and then sleeps', async (t) => {
  const { addon, spins } = idle([1])
  const turns = new RingTurns(addon)
  // Long enough to be looked at within, on whatever machine.
  turns.add(member(1_000_000))
  turns.wake()
  await untilAsleep(spins)
  t.true(spins.length > 2)
  // The first look finds work; those after it do not put the thread to sleep, but the last does.
  t.deepEqual([spins[1], spins.at(-1)], [true, false])
})

test('without spinning the thread sleeps as soon as nothing is found', async (t) => {
  const { addon, spins } = idle([1])
  const turns = new RingTurns(addon)
  turns.add(member(0))
  turns.wake()
  await untilAsleep(spins)
  t.deepEqual(spins, [false, false])
})

test('the thread spins for as long as the one that asks for most, and no more once it is gone', async (t) => {
  const { addon, spins } = idle([1, 0, 0])
  const turns = new RingTurns(addon)
  turns.add(member(0))
  const slot = turns.add(member(1_000_000))
  turns.wake()
  await turn()
  await turn()
  await turn()
  turns.remove(slot)
  await untilAsleep(spins)
  t.true(spins[1])
  t.false(spins.at(-1))
})
