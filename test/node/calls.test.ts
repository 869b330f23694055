import test from 'ava'
import { BusError } from '../../src/errors.js'
import { OpenCalls } from '../../src/node/open-calls.js'

interface Outcome {
  value?: string
  code?: string
  cause?: unknown
}

function open(
  calls: OpenCalls<string>,
  fields: {
    key: bigint
    to?: bigint
    viaLink?: number
    life?: number
    dueMs?: number
    signal?: AbortSignal
  },
): Outcome {
  const outcome: Outcome = {}
  const call = {
    key: fields.key,
    to: fields.to ?? 1n,
    viaLink: fields.viaLink ?? 1,
    life: fields.life ?? 0,
    what: `call ${fields.key}`,
    target: fields.to ?? 1n,
    resolve: (value: string) => {
      outcome.value = value
    },
    reject: (error: Error) => {
      outcome.code = error instanceof BusError ? error.code : String(error)
      outcome.cause = error.cause
    },
  }
  calls.open(call, fields.dueMs ?? 1_000, fields.signal)
  return outcome
}

test('an answer settles its call once, and only from the node that was asked', (t) => {
  const calls = new OpenCalls<string>()
  const outcome = open(calls, { key: 7n, to: 2n })
  t.false(calls.answer(7n, 3n, 'forged'))
  t.false(calls.answer(8n, 2n, 'unknown'))
  t.deepEqual(outcome, {})
  t.true(calls.has(7n, 2n))
  t.false(calls.has(7n, 3n))
  t.true(calls.answer(7n, 2n, 'true'))
  t.false(calls.answer(7n, 2n, 'again'))
  t.deepEqual(outcome, { value: 'true' })
  t.is(calls.size, 0)
})

test('calls expire at their own time, in any order of making', (t) => {
  const calls = new OpenCalls<string>()
  const late = open(calls, { key: 1n, dueMs: 300 })
  const early = open(calls, { key: 2n, dueMs: 100 })
  const middle = open(calls, { key: 3n, dueMs: 200 })
  t.is(calls.nextDeadlineMs(), 100)
  calls.expire(99)
  t.is(calls.size, 3)
  calls.expire(200)
  t.is(early.code, 'TIMEOUT')
  t.is(middle.code, 'TIMEOUT')
  t.deepEqual(late, {})
  t.is(calls.nextDeadlineMs(), 300)
  calls.answer(1n, 1n, 'in time')
  calls.expire(1_000)
  t.deepEqual(late, { value: 'in time' })
  t.is(calls.nextDeadlineMs(), Number.POSITIVE_INFINITY)
})

test('the end of a link ends the calls that left by it, and no others', (t) => {
  const calls = new OpenCalls<string>()
  const here = open(calls, { key: 1n, viaLink: 5 })
  const there = open(calls, { key: 2n, viaLink: 6 })
  calls.failVia(5)
  t.is(here.code, 'LINK_LOST')
  t.deepEqual(there, {})
  calls.failAll('NODE_CLOSED')
  t.is(there.code, 'NODE_CLOSED')
  t.is(calls.size, 0)
})

test('a call ends when the life that was asked is gone, or is not there after all', (t) => {
  const calls = new OpenCalls<string>()
  const lives = new Map([
    [1n, 11],
    [2n, 22],
    [3n, 33],
  ])
  const hidden = new Set([4n, 5n])
  const routes = {
    lifeOf: (id: bigint) => lives.get(id) ?? 0,
    has: (id: bigint) => lives.has(id) || (hidden.has(id) && 'maybe'),
  }
  const stays = open(calls, { key: 1n, to: 1n, life: 11 })
  const gone = open(calls, { key: 2n, to: 2n, life: 22 })
  const replaced = open(calls, { key: 3n, to: 3n, life: 33 })
  const unknown = open(calls, { key: 4n, to: 4n, life: 0 })
  const absent = open(calls, { key: 5n, to: 5n, life: 0 })
  calls.failGone(routes)
  t.is(calls.size, 5)
  lives.delete(2n)
  lives.set(3n, 34)
  lives.set(4n, 44)
  hidden.delete(5n)
  calls.failGone(routes)
  t.is(gone.code, 'LINK_LOST')
  t.is(replaced.code, 'LINK_LOST')
  t.is(absent.code, 'LINK_LOST')
  t.deepEqual([stays, unknown], [{}, {}])
  // By now it was told which life it is.
  lives.set(4n, 45)
  calls.failGone(routes)
  t.is(unknown.code, 'LINK_LOST')
})

test('a signal ends its call with the reason, and is let go when the call ends', (t) => {
  const calls = new OpenCalls<string>()
  const controller = new AbortController()
  const aborted = open(calls, { key: 1n, signal: controller.signal })
  const answered = open(calls, { key: 2n, signal: controller.signal })
  calls.answer(2n, 1n, 'before')
  controller.abort('why')
  t.deepEqual(aborted, { code: 'ABORTED', cause: 'why' })
  t.deepEqual(answered, { value: 'before' })
})

test('a call that was never made is forgotten without a word', (t) => {
  const calls = new OpenCalls<string>()
  const outcome = open(calls, { key: 1n })
  calls.discard(1n)
  calls.discard(1n)
  calls.expire(10_000)
  calls.failAll('NODE_CLOSED')
  t.deepEqual(outcome, {})
  t.false(calls.fail(1n, 'TIMEOUT'))
})
