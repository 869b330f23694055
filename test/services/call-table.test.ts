import test from 'ava'
import { type CallFailure, errorOf, outcomeOf } from '../../src/services/call-outcome.js'
import { CallTable, type WaitingCall } from '../../src/services/call-table.js'
import { ANSWER_CODE, type Answer, SERVICE_KIND } from '../../src/services/service-protocol.js'

const NODE = 0x300n

class Made implements WaitingCall {
  readonly to: bigint
  readonly what = 'lobby.enter'
  viaLink = 1
  sequence = 5
  readonly settled: (Answer | CallFailure)[] = []

  constructor(to = NODE) {
    this.to = to
  }

  settle(result: Answer | CallFailure): void {
    this.settled.push(result)
  }

  get kinds(): unknown[] {
    return this.settled.map(({ kind }) => kind)
  }
}

function answerOf(session: number): Answer {
  const payload = new Uint8Array([session & 0xff])
  const { OK: code } = ANSWER_CODE
  return { kind: SERVICE_KIND.ANSWER, code, life: 1, session, payload, reason: '', says: '' }
}

test('X-01: 10,000 calls at once each get their own answer, in whatever order', (t) => {
  const table = new CallTable()
  const calls = Array.from({ length: 10_000 }, () => new Made())
  const sessions = calls.map((call) => table.open(call, 1000))
  for (const session of [...sessions].reverse()) t.true(table.answer(NODE, answerOf(session)))
  calls.forEach((call, i) => {
    t.like(call.settled, [{ session: sessions[i] ?? -1 }])
    t.is(call.settled.length, 1)
  })
  t.is(table.size, 0)
})

test('X-01: after 2^32 sessions counting goes on at 1 and leaves out those still open', (t) => {
  const table = new CallTable()
  t.deepEqual([table.open(new Made(), 1), table.open(new Made(), 1)], [1, 2])
  const late = new CallTable(0xffff_fffe)
  const sessions = [1, 2, 3].map(() => late.open(new Made(), 1))
  t.deepEqual(sessions, [0xffff_ffff, 1, 2])
  const wrapped = new CallTable(0xffff_ffff)
  t.is(wrapped.open(new Made(), 1), 1)
})

test('X-01: calls that wait for long keep their session while millions come and go', (t) => {
  const table = new CallTable(0xffff_f000)
  const old = Array.from({ length: 300 }, () => new Made())
  const kept = old.map((call) => table.open(call, 1e9))
  let wrong = 0
  for (let i = 0; i < 1_000_000; i++) {
    const call = new Made()
    const session = table.open(call, 1e9)
    if (session === 0 || !table.answer(NODE, answerOf(session))) wrong++
    if (call.settled.length !== 1) wrong++
  }
  t.is(wrong, 0)
  t.true(old.every(({ settled }) => settled.length === 0))
  for (const session of kept) table.answer(NODE, answerOf(session))
  t.true(
    old.every(
      ({ settled }, i) =>
        settled.length === 1 &&
        'session' in (settled[0] ?? {}) &&
        (settled[0] as Answer).session === kept[i],
    ),
  )
  t.is(table.size, 0)
})

test('X-02: a call without an answer ends at its deadline, not before', (t) => {
  const table = new CallTable()
  const call = new Made()
  table.open(call, 30_000)
  t.is(table.nextDeadlineMs(), 30_000)
  table.expire(29_999)
  t.deepEqual(call.kinds, [])
  table.expire(30_000)
  t.deepEqual(call.kinds, ['timeout'])
})

test('X-02: an answer after the timeout is dropped and counted', (t) => {
  const table = new CallTable()
  const call = new Made()
  const session = table.open(call, 10)
  table.expire(10)
  t.false(table.answer(NODE, answerOf(session)))
  t.deepEqual([call.kinds, table.lateAnswers], [['timeout'], 1])
})

test('an answer of another node than was asked is dropped and counted', (t) => {
  const table = new CallTable()
  const call = new Made()
  const session = table.open(call, 10)
  t.false(table.answer(0x999n, answerOf(session)))
  t.deepEqual([call.kinds, table.lateAnswers, table.size], [[], 1, 1])
})

test('X-04: calls to a node that is gone end at once, others stay open', (t) => {
  const table = new CallTable()
  const [lost, other] = [new Made(), new Made(0x400n)]
  table.open(lost, 1000)
  table.open(other, 1000)
  table.failNode(NODE)
  t.deepEqual([lost.kinds, other.kinds], [['unknown'], []])
})

test('X-04: calls that left by a link that ended are of unknown fate', (t) => {
  const table = new CallTable()
  const [left, other] = [new Made(), new Made()]
  other.viaLink = 2
  table.open(left, 1000)
  table.open(other, 1000)
  table.failVia(1)
  t.deepEqual([left.kinds, other.kinds], [['unknown'], []])
})

test('a call whose message comes back has not run', (t) => {
  const table = new CallTable()
  const [back, other] = [new Made(), new Made()]
  other.sequence = 6
  table.open(back, 1000)
  table.open(other, 1000)
  t.true(table.returned(NODE, 5, 'TTL'))
  t.false(table.returned(NODE, 7, 'TTL'))
  t.like(back.settled, [{ kind: 'unreachable', reason: 'undelivered', says: 'TTL' }])
  t.is(other.settled.length, 0)
})

test('a call that is forgotten hears nothing more, and no deadline is left of it', (t) => {
  const table = new CallTable()
  const call = new Made()
  const session = table.open(call, 10)
  t.true(table.forget(session))
  table.expire(10)
  t.false(table.answer(NODE, answerOf(session)))
  t.deepEqual([call.settled.length, table.nextDeadlineMs()], [0, Number.POSITIVE_INFINITY])
})

test('X-03: each way to fail has a code of its own kind, and the outcome is kept', (t) => {
  const says = 'x'
  const failures: CallFailure[] = [
    { kind: 'timeout', says },
    { kind: 'unreachable', reason: 'no_service', says },
    { kind: 'overloaded', says },
    { kind: 'application', code: 'NO_ROOM', says },
    { kind: 'unknown', says },
    { kind: 'refused', reason: 'unknown_call', says },
    { kind: 'bad_answer', says },
    { kind: 'aborted', says },
  ]
  const codes = failures.map((failure) => errorOf(failure).code)
  t.deepEqual(codes, [
    'TIMEOUT',
    'NO_SERVICE',
    'OVERLOADED',
    'REMOTE',
    'LINK_LOST',
    'UNSUPPORTED',
    'BAD_MESSAGE',
    'ABORTED',
  ])
  t.is(new Set(codes).size, failures.length)
  for (const failure of failures) t.is(outcomeOf(errorOf(failure)), failure)
  t.is(outcomeOf(new Error('another')), undefined)
})
