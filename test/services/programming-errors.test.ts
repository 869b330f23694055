import test, { type ExecutionContext } from 'ava'
import { type Cluster, outcomeOf } from '../../src/index.js'
import { Clusters, told } from './_clusters.js'

/** Of a process that answers, and one that calls it. */
interface Two {
  readonly game: Cluster
  readonly caller: Cluster
}

async function two(t: ExecutionContext): Promise<Two> {
  const clusters = new Clusters(t)
  const game = await clusters.join(['game'])
  const caller = await clusters.join()
  await caller.waitFor('game')
  game.handle('echo', (value) => value)
  return { game, caller }
}

/** The error a caller sees, the outcome behind it, and what the answering side is told. */
type Sides = readonly [error: object, outcome: object, atHandler?: object]

const TOO_LONG = 'x'.repeat(3 * 1024 * 1024)

/** Nothing can be made of what it throws: not even a text. */
const WORDLESS: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  'an object that is no text': () => Object.create(null),
  'an object whose code throws': () => ({
    get code() {
      throw new Error('no code')
    },
  }),
  'an error whose message is no text': () => Object.assign(new Error('x'), { message: 5 }),
  'an error whose message throws': () =>
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('no message')
      },
    }),
}

function throwing(thrown: () => unknown): (two: Two) => Promise<unknown> {
  return ({ game, caller }) => {
    game.handle('fail', () => {
      throw thrown()
    })
    return caller.invoke('game', 'fail')
  }
}

const APPLICATION: Sides = [{ code: 'REMOTE' }, { kind: 'application' }, { name: 'fail' }]

const ERRORS: Readonly<Record<string, readonly [(two: Two) => Promise<unknown>, Sides]>> = {
  'a call that nobody handles': [
    ({ caller }) => caller.invoke('game', 'dance'),
    [{ code: 'UNSUPPORTED' }, { kind: 'refused', reason: 'unknown_call' }],
  ],
  'a handler that throws': [
    throwing(() => new RangeError('too far')),
    [
      { code: 'REMOTE' },
      { kind: 'application', code: 'RangeError', says: 'too far' },
      { name: 'fail', error: { message: 'too far' } },
    ],
  ],
  'a handler that rejects': [
    ({ game, caller }) => {
      game.handle('fail', () => Promise.reject(new RangeError('too far')))
      return caller.invoke('game', 'fail')
    },
    APPLICATION,
  ],
  'a handler whose promise throws when it is asked': [
    ({ game, caller }) => {
      game.handle('fail', () => ({
        // biome-ignore lint/suspicious/noThenProperty: what an unlucky handler returns
        get then() {
          throw new Error('no then')
        },
      }))
      return caller.invoke('game', 'fail')
    },
    APPLICATION,
  ],
  ...Object.fromEntries(
    Object.entries(WORDLESS).map(([what, thrown]) => [
      `a handler that throws ${what}`,
      [throwing(thrown), APPLICATION],
    ]),
  ),
  'a handler that returns what cannot be written': [
    ({ game, caller }) => {
      game.handle('fail', () => 1n)
      return caller.invoke('game', 'fail')
    },
    [{ code: 'BAD_MESSAGE' }, { kind: 'bad_answer' }, { name: 'fail' }],
  ],
  'a payload that cannot be written': [
    ({ caller }) => caller.invoke('game', 'echo', 1n),
    [{ code: 'BAD_MESSAGE' }, { kind: 'refused', reason: 'bad_payload' }],
  ],
  'a payload whose codec throws no error': [
    ({ caller }) => {
      const encode = () => {
        throw Object.create(null)
      }
      return caller.invoke('game', 'echo', 1, { request: { encode, decode: () => 0 } })
    },
    [{ code: 'BAD_MESSAGE' }, { kind: 'refused', reason: 'bad_payload' }],
  ],
  'a payload over the limit': [
    ({ caller }) => caller.invoke('game', 'echo', TOO_LONG),
    [{ code: 'MESSAGE_TOO_LONG' }, { kind: 'refused', reason: 'too_long' }],
  ],
  'an answer over the limit': [
    ({ game, caller }) => {
      game.handle('fail', () => TOO_LONG)
      return caller.invoke('game', 'fail')
    },
    [{ code: 'BAD_MESSAGE' }, { kind: 'bad_answer' }, { name: 'fail' }],
  ],
  'a selector that returns nonsense': [
    ({ caller }) => {
      caller.registerSelector('mad', { pick: () => ({ node: 1n }) as never })
      return caller.invoke({ app: 'game', selector: 'mad' }, 'echo')
    },
    [{ code: 'BAD_ARGUMENT' }, { kind: 'refused', reason: 'bad_selector' }],
  ],
  'a selector that throws': [
    ({ caller }) => {
      const pick = () => {
        throw new TypeError('lost')
      }
      caller.registerSelector('mad', { pick })
      return caller.invoke({ app: 'game', selector: 'mad' }, 'echo')
    },
    [{ code: 'BAD_ARGUMENT' }, { kind: 'refused', reason: 'bad_selector' }],
  ],
}

for (const [what, [run, [error, outcome, atHandler]]] of Object.entries(ERRORS)) {
  test(`${what} is one typed error on the right side, and both nodes go on`, async (t) => {
    const both = await two(t)
    const failures: object[] = []
    both.game.on('handlerFailed', (failed) => failures.push(failed))
    const thrown = await t.throwsAsync(run(both))
    t.like(thrown, error)
    t.like(outcomeOf(thrown), outcome)
    t.is(failures.length, atHandler === undefined ? 0 : 1)
    if (atHandler !== undefined) t.like(failures[0], atHandler)
    t.is(await both.caller.invoke('game', 'echo', 'still there'), 'still there')
    t.is(await both.game.invoke('game', 'echo', 'here too'), 'here too')
    t.is(both.game.status().callsRunning, 0)
  })
}

test('an answer given twice is an error at its handler alone, and the first stands', async (t) => {
  const { game, caller } = await two(t)
  game.handle('twice', (_, call) => {
    call.reply('first')
    call.reply('second')
  })
  const failed = told(game, 'handlerFailed')
  t.is(await caller.invoke('game', 'twice'), 'first')
  t.like(await failed, { name: 'twice', error: { code: 'BAD_ARGUMENT' } })
  t.is(await caller.invoke('game', 'echo', 'still there'), 'still there')
  t.is(caller.status().lateAnswers, 0)
})
