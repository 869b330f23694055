import test from 'ava'
import {
  ANSWER_CODE,
  isCallName,
  type Question,
  readServiceMessage,
  SERVICE_BOUNDS,
  SERVICE_KIND,
  writeFailure,
  writeQuestion,
  writeResult,
} from '../../src/services/service-protocol.js'

const QUESTION: Question = {
  kind: SERVICE_KIND.REQUEST,
  life: 0xfedc_ba98,
  session: 0xffff_ffff,
  timeoutMs: 30_000,
  serviceId: 40_001,
  app: 'lobby',
  instance: 'Zürich-1',
  name: 'enter',
  payload: new Uint8Array([1, 2, 3]),
}

const HEAD = { life: 7, session: 9 }

function plain(message: ReturnType<typeof readServiceMessage>): unknown {
  return message && { ...message, payload: [...message.payload] }
}

for (const [what, question] of Object.entries<Question>({
  'a named request': QUESTION,
  'a request by number': { ...QUESTION, name: 4007 },
  'a one-way message': { ...QUESTION, kind: SERVICE_KIND.ONE_WAY, session: 0, timeoutMs: 0 },
  'a probe': { ...QUESTION, kind: SERVICE_KIND.PROBE, payload: new Uint8Array(0) },
  'one that leaves the service open': { ...QUESTION, app: '', instance: '', serviceId: 0 },
})) {
  test(`${what} is read as it was written`, (t) => {
    t.deepEqual(plain(readServiceMessage(writeQuestion(question))), plain(question))
  })

  test(`${what} cut short anywhere in its head is no message`, (t) => {
    const bytes = writeQuestion({ ...question, payload: new Uint8Array(0) })
    for (let end = 0; end < bytes.length; end++) {
      t.is(readServiceMessage(bytes.subarray(0, end)), undefined, `${end} bytes`)
    }
  })
}

test('an answer is read as it was written, with a payload or with a reason', (t) => {
  const ok = writeResult({ ...HEAD, code: ANSWER_CODE.OK }, new Uint8Array([5]))
  t.deepEqual(plain(readServiceMessage(ok)), {
    kind: SERVICE_KIND.ANSWER,
    ...HEAD,
    code: ANSWER_CODE.OK,
    payload: [5],
    reason: '',
    says: '',
  })
  const failed = writeFailure({ ...HEAD, code: ANSWER_CODE.APPLICATION }, 'NO_ROOM', 'it is full')
  t.like(readServiceMessage(failed), { ...HEAD, code: 1, reason: 'NO_ROOM', says: 'it is full' })
  for (let end = 0; end < failed.length; end++) {
    t.is(readServiceMessage(failed.subarray(0, end)), undefined)
  }
})

test('a failure that says too much is cut between characters', (t) => {
  const says = `a${'é'.repeat(SERVICE_BOUNDS.saysBytesMax)}`
  const bytes = writeFailure({ ...HEAD, code: ANSWER_CODE.APPLICATION }, 'X', says)
  const message = readServiceMessage(bytes)
  t.true(message !== undefined && 'says' in message && says.startsWith(message.says))
  t.is(bytes.length, 10 + 2 + 1 + 2 + SERVICE_BOUNDS.saysBytesMax - 1)
})

const bytes = writeQuestion(QUESTION).slice()
const answer = writeFailure({ ...HEAD, code: ANSWER_CODE.APPLICATION }, 'X', 'y')

function changed(of: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = of.slice()
  copy.set(values, at)
  return copy
}

for (const [what, hostile] of Object.entries({
  'an unknown kind': changed(bytes, 0, 9),
  'an unknown flag': changed(bytes, 1, 2),
  'an app that is too long': changed(bytes, 18, 0xff, 0xff),
  'an app that is no UTF-8': changed(bytes, 20, 0xff),
  'a request with session 0': changed(bytes, 6, 0, 0, 0, 0),
  'a one-way message that names a session': changed(bytes, 0, SERVICE_KIND.ONE_WAY),
  'an answer with an unknown code': changed(answer, 1, 99),
  'an answer whose reason is too long': changed(answer, 10, 0xff),
})) {
  test(`${what} is no message`, (t) => {
    t.is(readServiceMessage(hostile), undefined)
  })
}

test('a name is a text within bounds or a whole number of 32 bits', (t) => {
  for (const name of ['enter', 0, 0xffff_ffff, 'x'.repeat(256)]) t.true(isCallName(name))
  const wrong = ['', -1, 1.5, 2 ** 32, 'x'.repeat(257), 'é'.repeat(129), undefined, {}]
  for (const name of wrong) t.false(isCallName(name))
})

for (const [what, message] of Object.entries({ 'a question': bytes, 'a failure': answer })) {
  test(`${what} amid other bytes is read alone, and cut short it is no message`, (t) => {
    const around = new Uint8Array(message.length + 200).fill(1)
    around.set(message, 100)
    const end = 100 + message.length
    t.deepEqual(plain(readServiceMessage(around, 100, end)), plain(readServiceMessage(message)))
    const head = message === bytes ? message.length - QUESTION.payload.length : message.length
    for (let cut = 0; cut < head; cut++) {
      t.is(readServiceMessage(around, 100, 100 + cut), undefined, `${cut} bytes`)
    }
  })
}

test('questions in turn that differ in one text are each written as they are', (t) => {
  const turns: Partial<Question>[] = [
    {},
    { app: 'world' },
    { app: 'world', instance: '' },
    { app: 'worl', instance: 'd' },
    { name: 'leave' },
    { name: 7 },
    { name: '7' },
    { name: 0 },
    {},
  ]
  for (const turn of [...turns, ...turns.reverse()]) {
    const question = { ...QUESTION, ...turn }
    t.deepEqual(plain(readServiceMessage(writeQuestion(question))), plain(question))
  }
})
