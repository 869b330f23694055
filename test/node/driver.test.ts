import test from 'ava'
import type { Connection } from '../../src/channel/channel.js'
import { DEFAULT_CONNECTION_LIMITS } from '../../src/channel/channel.js'
import { channelFor } from '../../src/channel/channels.js'
import type { NodeCore } from '../../src/core/node-core.js'
import { Clock } from '../../src/node/clock.js'
import { Driver } from '../../src/node/driver.js'
import { OPTIONS, RecordingSink, turns } from '../channel/_harness.js'

/** Notes what it is asked to wake for, and never does. */
class NotingClock extends Clock {
  readonly due: number[] = []

  override nowMs(): number {
    return 1
  }

  override wakeAt(dueMs: number): void {
    this.due.push(dueMs)
  }
}

test('a deadline that a frame without effects has set wakes the node', async (t) => {
  let dueMs = Number.POSITIVE_INFINITY
  const core = {
    state: 'running',
    counters: { routeRecordsReceived: 0 },
    handle: () => [],
    nextConnectionNumber: () => 1,
    nextDeadlineMs: () => dueMs,
    receive: () => {
      dueMs = 77
      return []
    },
  }
  const clock = new NotingClock(() => undefined)
  const driver = new Driver({
    core: core as unknown as NodeCore,
    clock,
    limits: DEFAULT_CONNECTION_LIMITS,
    dialTimeoutMs: 5_000,
    onEvent: () => undefined,
    onWritable: () => undefined,
    nextDeadlineMs: () => Number.POSITIVE_INFINITY,
    onReadEnded: () => undefined,
    onStep: () => undefined,
  })
  const address = 'inproc://driver-wakes'
  await driver.listen(address)
  const connection = await new Promise<Connection>((resolve, reject) => {
    channelFor(address)?.dial(
      address,
      (opened) => {
        resolve(opened)
        return new RecordingSink()
      },
      reject,
      OPTIONS,
    )
  })
  t.false(clock.due.includes(77))
  t.is(connection.claim(8), 'ok')
  connection.commit(8)
  await turns()
  t.is(clock.due.at(-1), 77)
  connection.close('now')
  await driver.stopListening()
})
