// Words of the wire with lawful form and any content: what gets past the first checks of a core.

import { nodePrimitives } from '../../src/node/primitives.js'
import { bindConfirm } from '../../src/wire/binding.js'
import type { Announcement, Handshake, RegisterData } from '../../src/wire/control.js'
import { type ControlBody, encodeControl } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { RECORD_HEADER_BYTES } from '../../src/wire/record-header.js'
import { WALL_MS } from '../core/_harness.js'
import { commandOf, registrationOf, token } from '../core/_registrations.js'
import { dataFrame, innerOf } from '../core/_stranger.js'
import type { Random } from '../wire/_random.js'
import { anyNeighbourly, anyUpdate } from './_neighbour-words.js'

export const HOST = 0x100n
export const LAWFUL = 0x200n
export const HOSTILE = 0x900n
export const TOKENS = [token('the token')]

/** What a word may be made of besides chance. */
export interface Known {
  /** Bindings of the last registration that the host sent, which an answer has to cover. */
  readonly requestBindings: readonly Uint8Array[]
  /** Of its last answer, which a confirm has to cover. */
  readonly responseBindings: readonly Uint8Array[]
}

function anyId(random: Random): bigint {
  const known = [0n, HOST, LAWFUL, HOSTILE, HOSTILE + 1n, 2n ** 64n - 1n]
  if (!random.once(4)) return random.pick(known)
  return (BigInt(random.bits32()) << 32n) | BigInt(random.bits32())
}

const anyBig = (random: Random) => (BigInt(random.bits32()) << 31n) ^ BigInt(random.bits32())

function anyText(random: Random): string {
  return random.pick(['', 'host', '\u0000\u001b[2J', '名前', 'x'.repeat(random.below(600))])
}

function listOf<T>(random: Random, make: () => T): T[] {
  const length = random.once(8) ? random.below(200) : random.below(4)
  return Array.from({ length }, make)
}

function anyHandshake(random: Random): Handshake {
  return {
    sequence: random.once(3) ? 7n : anyBig(random),
    type: random.once(2) ? 1 : random.below(12),
    kdfs: listOf(random, () => random.below(4)),
    algorithms: listOf(random, () => random.below(40)),
    publicKey: random.bytes(random.pick([0, 1, 31, 32, 33, 65, 300])),
    ivBytes: random.pick([0, 12, 16, random.bits32()]),
    tagBytes: random.pick([0, 16, random.bits32()]),
  }
}

function anyAnnouncement(random: Random): Partial<Announcement> {
  const all: Partial<Announcement>[] = [
    { role: random.below(5) },
    { expectedId: anyId(random) },
    { revision: random.bits32() },
    { capabilities: anyBig(random) },
    { incarnation: random.bytes(random.pick([0, 15, 16, 17, 200])) },
    { attach: anyBig(random) },
    {
      ranges: listOf(random, () => ({ prefix: anyId(random), maskBits: random.below(80) })),
    },
    { ownAddresses: listOf(random, () => anyText(random)) },
  ]
  return Object.assign({}, ...all.filter(() => random.once(4)))
}

const TIMES = [0, -299, 299, -301, 301, -(2 ** 40), 2 ** 40]

function anyRegistration(random: Random, known: Known): RegisterData {
  const seconds = BigInt(Math.floor(WALL_MS / 1_000) + (random.once(3) ? random.pick(TIMES) : 0))
  const register = registrationOf({
    id: random.once(2) ? HOSTILE : anyId(random),
    pid: random.bits32(),
    hostname: anyText(random),
    timestamp: seconds,
    nonce1: anyBig(random),
    compressions: listOf(random, () => random.bits32()),
    requestBindings: known.requestBindings,
    ...(random.once(2) && { tokens: random.once(4) ? [token('a guess')] : TOKENS }),
    ...(random.once(3) && { handshake: anyHandshake(random) }),
    ...(random.once(2) && { life: random.below(3), announcement: anyAnnouncement(random) }),
  })
  // After it was signed: as somebody on the way changes it.
  if (random.once(8)) return { ...register, id: anyId(random) }
  return random.once(8)
    ? { ...register, addresses: listOf(random, () => anyText(random)) }
    : register
}

function anyPing(random: Random): ControlBody {
  const ping = {
    timePointUs: anyBig(random),
    refreshBindings: listOf(random, () => random.bytes(random.below(40))),
    ...(random.once(2) && { handshake: anyHandshake(random) }),
  }
  return { kind: random.once(2) ? 'ping' : 'pong', ping }
}

/** Half of them are what the author of the registration would say. */
function anyConfirm(random: Random, known: Known): ControlBody {
  const sequence = random.once(2) ? 7n : anyBig(random)
  const bindings = random.once(2)
    ? bindConfirm(nodePrimitives, TOKENS, known.responseBindings)
    : listOf(random, () => random.bytes(random.below(40)))
  return { kind: 'handshake_confirm', sequence, bindings }
}

function anyControl(random: Random, known: Known): ControlBody {
  switch (random.below(10)) {
    case 0:
    case 1:
      return { kind: 'register_req', register: anyRegistration(random, known) }
    case 2:
      return { kind: 'register_rsp', register: anyRegistration(random, known) }
    case 3:
    case 4:
      return anyPing(random)
    case 5:
      return anyConfirm(random, known)
    case 6: {
      const args = listOf(random, () => anyText(random))
      const tokens = random.once(2) ? { tokens: TOKENS } : {}
      const command = commandOf({ from: anyId(random), args, nonce1: anyBig(random), ...tokens })
      return { kind: random.once(2) ? 'command_req' : 'command_rsp', command }
    }
    default:
      return anyNeighbourly(random, () => anyId(random))
  }
}

function anyData(random: Random): Uint8Array {
  return dataFrame({
    from: random.once(2) ? HOSTILE : anyId(random),
    to: random.once(2) ? HOST : anyId(random),
    text: random.once(20) ? 'x'.repeat(20_000) : anyText(random),
    kind: random.once(3) ? 'data_rsp' : 'data_req',
    flags: random.bits32(),
    sequence: anyBig(random),
    type: random.int32(),
    resultCode: random.int32(),
    extensionKind: random.below(14),
    number: anyBig(random),
  })
}

function anyHead(random: Random): Uint8Array {
  const body = random.bytes(random.below(200))
  return frameOf(
    innerOf(body, {
      cryptoAlgorithm: random.pick([0, 14, 16, 99]),
      compressionType: random.pick([0, 100, 200, 300, 400, 999]),
      bodyBytes: random.once(2) ? body.length : random.bits32(),
    }),
  )
}

/** With a header that may say anything, or nearly what it should. */
function anyRecord(random: Random): Uint8Array {
  const content = random.bytes(random.below(100))
  const record = new Uint8Array(RECORD_HEADER_BYTES + content.length)
  const words = new DataView(record.buffer)
  words.setUint32(0, random.once(20) ? random.bits32() : content.length, true)
  words.setUint32(4, random.pick([0, 0, 0x100, 0x100, 0x10000, random.next() & 0xffffff00]), true)
  words.setUint32(8, random.next(), true)
  words.setUint32(12, random.bits32(), true)
  words.setUint32(16, random.bits32(), true)
  record.set(content, RECORD_HEADER_BYTES)
  // Of an extension: a kind that may be known.
  if (content.length >= 4 && random.once(2)) words.setUint32(20, random.below(24), true)
  return record
}

/** A frame of lawful form, or a record. */
export function anyWord(random: Random, known: Known): Uint8Array {
  const kind = random.below(10)
  if (kind === 9) return anyUpdate(random)
  if (kind === 8) return anyRecord(random)
  if (kind < 2) return anyData(random)
  if (kind === 2) return anyHead(random)
  const resultCode = random.once(3) ? random.int32() : 0
  const sequence = random.once(2) ? 7n : anyBig(random)
  const head = { sequence, resultCode, type: random.int32(), sourceId: anyId(random) }
  return frameOf(encodeControl(head, anyControl(random, known)))
}

/** Changes what is inside a frame and seals it again, so that the damage gets past the hash. */
export function mutated(random: Random, frame: Uint8Array): Uint8Array {
  const bytes = frame.subarray((frame[4]! & 0x80) === 0 ? 5 : 6)
  const copy = bytes.slice()
  for (let hits = random.below(4); hits > 0; hits--) {
    const at = random.below(copy.length)
    copy[at] = random.pick([0, 0xff, 0x80, 0x7f, copy[at]! + 1, copy[at]! ^ 8, random.next()])
  }
  if (random.once(6)) return frameOf(copy.subarray(0, 1 + random.below(copy.length)))
  if (!random.once(6)) return frameOf(copy)
  // A piece of itself again: fields that come twice, lengths that are off.
  const from = random.below(copy.length)
  return frameOf(new Uint8Array([...copy, ...copy.subarray(from, from + 64)]))
}
