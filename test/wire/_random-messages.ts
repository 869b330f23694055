// Random messages for the codec, lawful ones, written by the reference implementation or by hand.

import { type DataKind, OutgoingData, type SelfId } from '../../src/wire/data-codec.js'
import { treebus } from '../../src/wire/generated/bus.js'
import type { Random } from './_random.js'

const { MessageBody, MessageHead } = treebus.wire

export type Long = NonNullable<treebus.wire.PingData.$Properties['timePoint']>

/** A random value of a 64-bit field, as both codecs take it. */
export interface Id {
  readonly high: number
  readonly low: number
}

export function randomId(random: Random): Id {
  return random.once(2)
    ? { high: 0, low: random.bits32() }
    : { high: random.bits32(), low: random.next() }
}

export const long = ({ high, low }: Id): Long =>
  ({ high: high | 0, low: low | 0, unsigned: true }) as Long

export function joined(value: Long | null | undefined): bigint {
  return (BigInt((value?.high ?? 0) >>> 0) << 32n) | BigInt((value?.low ?? 0) >>> 0)
}

export function randomMessage(random: Random): OutgoingData {
  const to = randomId(random)
  const sequence = randomId(random)
  const number = randomId(random)
  return Object.assign(new OutgoingData(), {
    kind: random.pick<DataKind>(['data_req', 'data_rsp']),
    type: random.int32(),
    resultCode: random.int32(),
    sequenceHi: sequence.high,
    sequenceLo: sequence.low,
    toHi: to.high,
    toLo: to.low,
    content: random.bytes(random.below(random.once(50) ? 3000 : 150)),
    flags: random.bits32(),
    extensionKind: random.once(2) ? 0 : random.bits32(),
    extensionHi: number.high,
    extensionLo: number.low,
    extensionCode: random.int32(),
  })
}

/** The same message by the reference implementation. */
function referenceBody(self: SelfId, m: OutgoingData): Uint8Array {
  const number = { high: m.extensionHi, low: m.extensionLo }
  const extension = { kind: m.extensionKind, number: long(number), code: m.extensionCode }
  const forwarded = {
    from: long(self),
    to: long({ high: m.toHi, low: m.toLo }),
    router: [long(self)],
    content: m.content,
    flags: m.flags,
    extension: m.extensionKind === 0 ? null : extension,
  }
  const member = m.kind === 'data_req' ? 'dataTransformReq' : 'dataTransformRsp'
  return MessageBody.encode({
    [member]: forwarded,
  } as treebus.wire.MessageBody.$Properties).finish()
}

export function referenceInner(self: SelfId, m: OutgoingData): Uint8Array {
  const body = referenceBody(self, m)
  const head = MessageHead.encode({
    version: 3,
    type: m.type,
    resultCode: m.resultCode,
    sequence: long({ high: m.sequenceHi, low: m.sequenceLo }),
    sourceBusId: long(self),
    bodySize: long({ high: 0, low: body.length }),
  }).finish()
  return new Uint8Array(Buffer.concat([Uint8Array.of(head.length), head, body]))
}

/** Fields in any order, repeated, unknown or of unusual form: all that proto3 allows but groups. */
export function randomFields(random: Random, known: readonly (() => Buffer)[]): Uint8Array {
  const count = random.below(10)
  const fields = Array.from({ length: count }, () =>
    random.once(6) ? unknownField(random) : random.pick(known)(),
  )
  return new Uint8Array(Buffer.concat(fields))
}

function unknownField(random: Random): Buffer {
  const field = random.pick([8, 10, 16, 999, 1000, 1002, 0x1fff_ffff])
  const kind = random.pick([0, 1, 2, 5])
  if (kind === 0) return numberField(random, field)
  if (kind === 2) return bytesField(random, field, random.bytes(random.below(5)))
  return Buffer.concat([tagOf(random, field, kind), random.bytes(kind === 1 ? 8 : 4)])
}

export function tagOf(random: Random, field: number, wireType: number): Buffer {
  return varint(random, { high: 0, low: ((field << 3) | wireType) >>> 0 }, 5)
}

export function numberField(random: Random, field: number, value = randomId(random)): Buffer {
  return Buffer.concat([tagOf(random, field, 0), varint(random, value, 10)])
}

export function bytesField(random: Random, field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([
    tagOf(random, field, 2),
    varint(random, { high: 0, low: bytes.length }, 5),
    bytes,
  ])
}

/** Now and then longer than need be, up to `bytesMax`. */
export function varint(random: Random, { high, low }: Id, bytesMax: number): Buffer {
  let rest = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const bytes: number[] = []
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  } while (rest > 0n)
  if (random.once(20)) while (bytes.length < bytesMax && !random.once(3)) bytes.push(0x80)
  bytes[bytes.length - 1]! &= 0x7f
  return Buffer.from(bytes)
}

/** A field that is there with another wire type is an unknown field. */
export function misfit(random: Random, field: number): Buffer {
  return Buffer.concat([tagOf(random, field, 5), random.bytes(4)])
}

export function randomHead(random: Random): Uint8Array {
  const crypto = (): Buffer => {
    const parts = [
      () => numberField(random, 1),
      () => bytesField(random, 2, random.bytes(random.below(30))),
      () => bytesField(random, 11, random.bytes(random.below(30))),
    ]
    return bytesField(random, 6, randomFields(random, parts))
  }
  const compression = (): Buffer =>
    bytesField(
      random,
      7,
      randomFields(
        random,
        [1, 2].map((f) => () => numberField(random, f)),
      ),
    )
  const numbers = [1, 2, 3, 4, 5, 9].map((field) => () => numberField(random, field))
  return randomFields(random, [...numbers, crypto, compression, () => misfit(random, 4)])
}

export function randomForward(random: Random): Uint8Array {
  const packed = (): Buffer => {
    const ids = Array.from({ length: random.below(4) }, () => varint(random, randomId(random), 10))
    return bytesField(random, 3, Buffer.concat(ids))
  }
  const extension = (): Buffer => {
    const parts = [
      () => numberField(random, 1),
      () => Buffer.concat([tagOf(random, 2, 1), random.bytes(8)]),
      () => numberField(random, 3),
      () => numberField(random, 2),
    ]
    return bytesField(random, 1001, randomFields(random, parts))
  }
  const numbers = [1, 2, 3, 5].map((field) => () => numberField(random, field))
  const content = (): Buffer => bytesField(random, 4, random.bytes(random.below(40)))
  return randomFields(random, [...numbers, packed, content, extension, () => misfit(random, 3)])
}
