import test from 'ava'
import { Clock } from '../../src/node/clock.js'

/** Stands in for the timers of the process while `act` runs. */
function withTimers(act: (timers: Timers) => void): void {
  const original = { set: globalThis.setTimeout, clear: globalThis.clearTimeout }
  const timers = new Timers()
  globalThis.setTimeout = ((run: () => void, ms: number) => timers.set(run, ms)) as never
  globalThis.clearTimeout = ((timer: Timer) => timers.clear(timer)) as never
  try {
    act(timers)
  } finally {
    globalThis.setTimeout = original.set
    globalThis.clearTimeout = original.clear
  }
}

interface Timer {
  readonly run: () => void
  readonly ms: number
  holds: boolean
  unref(): void
}

class Timers {
  readonly open: Timer[] = []
  made = 0

  set(run: () => void, ms: number): Timer {
    this.made++
    const timer: Timer = {
      run,
      ms,
      holds: true,
      unref() {
        this.holds = false
      },
    }
    this.open.push(timer)
    return timer
  }

  clear(timer: Timer): void {
    const index = this.open.indexOf(timer)
    if (index >= 0) this.open.splice(index, 1)
  }

  fire(): void {
    this.open.shift()?.run()
  }
}

const FAR_MS = 1_000_000

test.serial('one timer at a time, never before its moment', (t) => {
  withTimers((timers) => {
    let wakes = 0
    const clock = new Clock(() => wakes++)
    clock.wakeAt(clock.nowMs() + FAR_MS, false)
    clock.wakeAt(clock.nowMs() + 500, false)
    t.is(timers.open.length, 1)
    const waitMs = timers.open[0]!.ms
    t.true(waitMs > 400 && waitMs <= 500 && Number.isInteger(waitMs))
    timers.fire()
    t.is(wakes, 1)
    t.is(timers.open.length, 0)
  })
})

test.serial('a later deadline makes no new timer: the earlier one only wakes for nothing', (t) => {
  withTimers((timers) => {
    const clock = new Clock(() => {})
    clock.wakeAt(clock.nowMs() + 500, false)
    for (let i = 0; i < 100; i++) clock.wakeAt(clock.nowMs() + 600 + i, false)
    t.is(timers.made, 1)
  })
})

test.serial('only a clock that is told to keeps the process alive', (t) => {
  withTimers((timers) => {
    const clock = new Clock(() => {})
    clock.wakeAt(clock.nowMs() + 500, false)
    t.false(timers.open[0]!.holds)
    clock.wakeAt(clock.nowMs() + 500, true)
    t.is(timers.open.length, 1)
    t.true(timers.open[0]!.holds)
    clock.wakeAt(clock.nowMs() + 600, false)
    t.is(timers.open.length, 1)
    t.false(timers.open[0]!.holds)
  })
})

test.serial('no deadline, and stop, leave no timer', (t) => {
  withTimers((timers) => {
    const clock = new Clock(() => {})
    clock.wakeAt(clock.nowMs() + 500, true)
    clock.wakeAt(Number.POSITIVE_INFINITY, false)
    t.is(timers.open.length, 0)
    clock.wakeAt(clock.nowMs() + 500, true)
    clock.stop()
    clock.stop()
    t.is(timers.open.length, 0)
  })
})

test.serial(
  'what is overdue wakes on the next turn, what is beyond a timer is asked for in parts',
  (t) => {
    withTimers((timers) => {
      const clock = new Clock(() => {})
      clock.wakeAt(clock.nowMs() - 10_000, false)
      // The shortest timer takes a millisecond: the next turn comes sooner.
      t.is(timers.open.length, 0)
      clock.stop()
      clock.wakeAt(clock.nowMs() + 2 ** 40, false)
      t.is(timers.open[0]!.ms, 0x7fff_ffff)
    })
  },
)

test.serial('what is overdue wakes once, before any timer can', async (t) => {
  let wakes = 0
  const clock = new Clock(() => wakes++)
  clock.wakeAt(clock.nowMs() - 10_000, false)
  clock.wakeAt(clock.nowMs() - 9_000, false)
  t.is(wakes, 0)
  await new Promise((resolve) => setImmediate(resolve))
  t.is(wakes, 1)
})

test.serial('time only goes forward', (t) => {
  const clock = new Clock(() => {})
  let last = clock.nowMs()
  for (let i = 0; i < 1_000; i++) {
    const now = clock.nowMs()
    t.true(now >= last)
    last = now
  }
})
