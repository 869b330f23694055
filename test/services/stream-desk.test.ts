import test from 'ava'
import { jsonCodec } from '../../src/services/codec.js'
import { IncomingCall } from '../../src/services/incoming-call.js'
import { type Question, SERVICE_KIND } from '../../src/services/service-protocol.js'
import { STREAM_SILENCE_MS, StreamDesk } from '../../src/services/stream-desk.js'
import {
  readBatch,
  STREAM_VERB,
  type StreamVerb,
  writeAsk,
} from '../../src/services/stream-messages.js'
import { seededRandom } from '../core/_harness.js'
import { soon } from './_clusters.js'

const NOTHING = new Uint8Array(0)
const JSON_CODEC = jsonCodec<unknown>()

const QUESTION: Question = {
  kind: SERVICE_KIND.STREAM,
  life: 7,
  session: 1,
  timeoutMs: 30_000,
  serviceId: 0,
  app: '',
  instance: '',
  name: 'count',
  payload: NOTHING,
}

/** A desk of which a test asks as several nodes, and which counts without an end. */
class Asked {
  nowMs = 0
  readonly said: string[] = []
  isClosed = false
  readonly desk = new StreamDesk({
    answer: ({ from }, payload) => {
      const batch = readBatch(payload)
      this.said.push(`${from}: ${batch ? batch.parts.map((part) => `${part}`).join() : 'ok'}`)
    },
    threw: ({ from }, error) => this.said.push(`${from}: threw ${error}`),
    refuse: ({ from }, code) => this.said.push(`${from}: ${code}`),
    ended: () => {},
    nowMs: () => this.nowMs,
  })

  ask(from: bigint, verb: StreamVerb, options: { token?: number; life?: number } = {}): void {
    const { token = 1, life = 7 } = options
    const wantsParts = verb === STREAM_VERB.OPEN || verb === STREAM_VERB.NEXT
    const partsMax = wantsParts ? 2 : 0
    this.give(from, writeAsk({ verb, token, partsMax, request: NOTHING }), life)
  }

  give(from: bigint, payload: Uint8Array, life = 7): void {
    const entry = { handler: () => 0, request: JSON_CODEC, response: JSON_CODEC }
    const call = new IncomingCall(from, { ...QUESTION, life }, entry, {
      reply: () => {},
      refuse: () => {},
    })
    this.desk.asked(call, payload, (ask) => this.desk.opened(call, ask, entry, this.#count()))
  }

  async *#count(): AsyncGenerator<number> {
    try {
      for (let number = 1; ; number++) yield number
    } finally {
      this.isClosed = true
    }
  }

  /** All that is said to what was asked so far. */
  async hears(count: number): Promise<string[]> {
    await soon(() => this.said.length >= count)
    return this.said
  }
}

const { KEEP, NEXT, OPEN, STOP } = STREAM_VERB

test('a stream is asked on and ended by who opened it: node, life and token', async (t) => {
  const asked = new Asked()
  asked.ask(1n, OPEN)
  await asked.hears(1)
  asked.ask(2n, NEXT)
  asked.ask(1n, NEXT, { life: 8 })
  asked.ask(1n, STOP, { token: 2 })
  asked.ask(2n, STOP)
  asked.ask(1n, NEXT)
  t.deepEqual(await asked.hears(6), [
    '1: 49,50',
    ...['2', '1', '1', '2'].map((from) => `${from}: NOT_FOUND`),
    '1: 51,52',
  ])
  asked.ask(1n, STOP)
  t.is((await asked.hears(7))[6], '1: ok')
  await soon(() => asked.isClosed)
  t.is(asked.desk.size, 0)
})

test('a stream is opened once and asked for one batch at a time', async (t) => {
  const asked = new Asked()
  asked.ask(1n, OPEN)
  asked.ask(1n, OPEN)
  asked.ask(1n, NEXT)
  t.deepEqual(await asked.hears(3), ['1: BAD_ARGUMENT', '1: BAD_ARGUMENT', '1: 49,50'])
  asked.desk.close()
  t.is(asked.desk.size, 0)
})

test('a reader that is not heard for a minute has left, one that says so has not', async (t) => {
  const asked = new Asked()
  asked.ask(1n, OPEN)
  asked.ask(2n, OPEN)
  await asked.hears(2)
  asked.nowMs = STREAM_SILENCE_MS
  asked.ask(2n, KEEP)
  asked.desk.sweep(asked.nowMs)
  t.is(asked.desk.size, 2)
  asked.nowMs += 1
  asked.desk.sweep(asked.nowMs)
  t.is(asked.desk.size, 1)
  asked.ask(1n, NEXT)
  asked.ask(2n, NEXT)
  t.deepEqual((await asked.hears(5)).slice(2), ['2: ok', '1: NOT_FOUND', '2: 51,52'])
  asked.desk.close()
})

test('streams of a node that is gone end, and those of others go on', async (t) => {
  const asked = new Asked()
  asked.ask(1n, OPEN)
  asked.ask(2n, OPEN)
  await asked.hears(2)
  asked.desk.nodeGone((node) => node === 1n)
  t.is(asked.desk.size, 1)
  await soon(() => asked.isClosed)
  asked.desk.close()
})

test('whatever is asked, each ask has one answer and no stream outlives the end', async (t) => {
  const random = seededRandom(5)
  const asked = new Asked()
  let asks = 0
  for (; asks < 2_000; asks++) {
    const [verb = 0, token = 0, parts = 0, length = 0] = random(4)
    const payload = Uint8Array.of(verb % 5, token % 4, 0, 0, 0, parts % 3, 0, 9, 9)
    asked.give(BigInt(token % 3), payload.subarray(0, length % 4 === 0 ? length % 10 : 7))
    if (asks % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  asked.desk.close()
  await asked.hears(asks)
  await new Promise((resolve) => setImmediate(resolve))
  t.is(asked.said.length, asks)
  t.is(asked.desk.size, 0)
  t.true(new Set(asked.said).size > 20)
})
