import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { type ControlKind, decodeControlBody } from '../../src/wire/control.js'
import { SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { bodyOfAnswer, bodyOfForward, FORWARD_REQUEST } from '../../src/wire/data-relay.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { InnerCursor } from '../../src/wire/head.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import { join, mutate } from './_mutate.js'
import { Random, seedOfRun } from './_random.js'
import { long, randomMessage, referenceInner } from './_random-messages.js'

const { MessageBody, MessageHead } = treebus.wire

const SECONDS = Number(process.env.TREEBUS_FUZZ_SECONDS ?? 5)

/** Everything that reads bytes from outside, as a connection runs it. */
class Victim {
  readonly #head = new InnerCursor()
  readonly #body = new BodyCursor()
  readonly #data = new DataCursor()
  readonly #update = new RouteUpdateReader()
  readonly #self = new SelfId(0, 77)
  /** How often each outcome came: shows that the fuzz reaches deep enough. */
  readonly outcomes = new Map<string, number>()

  /** Bytes of receive memory that the stream made us take. What throws is named with its input. */
  read(bytes: Uint8Array): number {
    try {
      return this.readStream(bytes)
    } catch (cause) {
      throw new Error(`input ${Buffer.from(bytes).toString('hex')}`, { cause })
    }
  }

  readStream(bytes: Uint8Array): number {
    const reader = new FrameReader(4096)
    const slabs = new Map<ArrayBufferLike, number>()
    for (let at = 0; at < bytes.length; ) {
      const space = reader.space()
      slabs.set(space.buffer, space.buffer.byteLength)
      const piece = bytes.subarray(at, at + space.length)
      space.set(piece)
      reader.filled(piece.length)
      at += piece.length
      let step = reader.next()
      for (; step === 'frame' || step === 'bad_hash'; step = reader.next()) {
        this.#count(step)
        if (step === 'frame') this.readInner(reader.buffer, reader.start, reader.end)
      }
      this.#count(step)
      if (step === 'bad_size') break
    }
    return [...slabs.values()].reduce((sum, slab) => sum + slab, 0)
  }

  readInner(buffer: Uint8Array, start: number, end: number): void {
    const outcome = this.#head.read(buffer, start, end)
    this.#count(`head ${outcome}`)
    if (outcome !== 'ok') return
    const { blockStart } = this.#head
    const bodyEnd = this.#head.clearBodyEnd()
    const kind = this.#body.read(buffer, blockStart, bodyEnd < 0 ? end : bodyEnd)
    this.#count(kind)
    if (kind === 'unknown' || kind === 'malformed') return
    if (kind === 'data_req' || kind === 'data_rsp') this.#readData(buffer)
    else if (kind === 'route_update') this.#readUpdate(buffer)
    else this.#readControl(kind, buffer)
  }

  #readData(buffer: Uint8Array): void {
    const outcome = this.#data.read(buffer, this.#body.start, this.#body.end)
    this.#count(`data ${outcome}`)
    if (outcome !== 'ok') return
    this.#data.routerContains(1, 2)
    bodyOfForward(this.#self, this.#data, FORWARD_REQUEST)
    bodyOfAnswer(this.#self, this.#data, { resultCode: -1, echoContent: false })
  }

  #readUpdate(buffer: Uint8Array): void {
    const outcome = this.#update.open(buffer, this.#body.start, this.#body.end)
    this.#count(`update ${outcome}`)
    while (outcome === 'ok' && this.#update.next() !== 'end');
  }

  #readControl(kind: ControlKind, buffer: Uint8Array): void {
    const control = decodeControlBody(kind, buffer, this.#body.start, this.#body.end)
    this.#count(control === undefined ? 'control refused' : 'control ok')
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}

function routing(random: Random): treebus.wire.MessageBody.$Properties[] {
  const id = long({ high: 1, low: 2 })
  const incarnation = random.bytes(16)
  const ranges = [{ prefix: id, maskBits: 8 }]
  const record = { id, incarnation, attach: id, parent: id, hops: 3 }
  return [
    { subscribeReq: { recordsMax: 9, resume: { incarnation, sequence: id } } },
    { subscribeRsp: { incarnation, sequence: id, ancestors: [id, id] } },
    { routeRefuse: { id, incarnation, reason: 1 } },
    { unsubscribe: {} },
    { connSync: { id, incarnation, addresses: ['unix:///a'] } },
    { connSyncRsp: { id, resultCode: -1 } },
    {
      routeUpdate: { sequence: id, ancestors: { id: [id] }, add: [record, { ...record, ranges }] },
    },
    { routeUpdate: { warming: true, add: [record], remove: [{ id, reason: 2 }] } },
  ]
}

/** Lawful messages to start from: one of every member, and data in several shapes. */
function seeds(random: Random): Uint8Array[] {
  const registration = {
    busId: long({ high: 0, low: 512 }),
    hostname: 'host',
    channels: [{ address: 'ipv4://127.0.0.1:1' }],
    supportedChannelSchema: ['ipv4', 'unix'],
    supportedCompressionAlgorithm: [100, 200],
    accessKey: { nonce1: long({ high: 9, low: 9 }), signature: [random.bytes(32)] },
    cryptoHandshake: { type: 1, algorithms: [16], publicKey: random.bytes(33) },
    announcement: { incarnation: random.bytes(16), binding: [random.bytes(32)] },
  }
  const command = { commands: [{ arg: random.bytes(9) }, { arg: random.bytes(3) }] }
  const bodies: treebus.wire.MessageBody.$Properties[] = [
    { nodeRegisterReq: registration },
    { nodeRegisterRsp: registration },
    { nodePingReq: { timePoint: long({ high: 1, low: 1 }), refreshBinding: [random.bytes(32)] } },
    { nodePongRsp: { timePoint: long({ high: 1, low: 1 }) } },
    { customCommandReq: command },
    { customCommandRsp: command },
    { handshakeConfirm: { sequence: long({ high: 1, low: 1 }) } },
    ...routing(random),
  ] as treebus.wire.MessageBody.$Properties[]
  const control = bodies.map((body) => {
    const bytes = MessageBody.encode(body).finish()
    const head = MessageHead.encode({
      version: 3,
      sequence: long({ high: 3, low: 3 }),
      bodySize: long({ high: 0, low: bytes.length }),
    }).finish()
    return new Uint8Array(Buffer.concat([Uint8Array.of(head.length), head, bytes]))
  })
  const data = Array.from({ length: 7 }, () =>
    referenceInner(new SelfId(0, 1 + random.bits32()), randomMessage(random)),
  )
  return [...control, ...data.filter((inner) => inner.length < 1000)]
}

test('robustness 3: damaged frames, heads and bodies never throw nor take more memory', (t) => {
  const random = new Random(seedOfRun() + 4)
  const starts = seeds(random)
  const victim = new Victim()
  const until = process.hrtime.bigint() + BigInt(Math.round(SECONDS * 1e9))
  let inputs = 0
  let memoryMost = 0
  let current: Uint8Array = new Uint8Array(0)
  const run = (): void => {
    while (inputs % 500 !== 0 || inputs === 0 || process.hrtime.bigint() < until) {
      inputs++
      current = mutate(random, random.pick(starts))
      // With a right hash, so that the damage reaches what is behind it; or straight to the frame.
      if (current.length > 0 && !random.once(8)) current = frameOf(current)
      else current = mutate(random, frameOf(random.pick(starts)))
      if (random.once(4)) current = join(current, frameOf(random.pick(starts)))
      memoryMost = Math.max(memoryMost, victim.read(current))
    }
  }
  t.notThrows(run)
  t.log(`${inputs} inputs, ${memoryMost} bytes of memory at most`, victim.outcomes)
  t.true(memoryMost <= 2 * 16 * 1024)
  const wanted = ['bad_hash', 'bad_size', 'head bad_size', 'head bad_message', 'malformed']
  const reached = ['unknown', 'data ok', 'data bad_message', 'control ok', 'control refused']
  reached.push('update ok', 'update malformed', 'unsubscribe', 'conn_sync')
  for (const outcome of [...wanted, ...reached]) {
    t.true((victim.outcomes.get(outcome) ?? 0) > 0, outcome)
  }
})
