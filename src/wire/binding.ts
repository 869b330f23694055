// The binding of our announcement: an HMAC for each token over a whole registration or key refresh.
//
// design/routing-table.md, "What travels how". Signatures of libatbus cover neither the cipher list
// nor anything of ours; this covers every byte but the signatures and the binding themselves.

import { assert } from '../errors.js'
import { signBytes, verifyBytes } from './access.js'
import type { Primitives } from './primitives.js'

/** Different first words for each use: no binding can be passed off as one of another kind. */
const REQUEST_LABEL = 'treebus registration request'
const RESPONSE_LABEL = 'treebus registration response'
const REFRESH_LABEL = 'treebus key refresh'
const CONFIRM_LABEL = 'treebus registration confirm'
const COMMAND_LABEL = 'treebus command'

/** Field numbers of src/wire/bus.proto whose values are left out, by the way that leads to them. */
type Cuts = ReadonlyMap<number, Cuts | 'cut'>
const ACCESS_KEY_CUTS: Cuts = new Map([[9, 'cut']])
const ANNOUNCEMENT_CUTS: Cuts = new Map([[15, 'cut']])
const REGISTER_CUTS: Cuts = new Map([
  [8, ACCESS_KEY_CUTS],
  [1001, ANNOUNCEMENT_CUTS],
])

/**
 * The binding of a registration. `raw` is the encoded register_data, with or without signatures
 * and binding; a sender encodes it without them, binds, and encodes it again with them.
 * `requestBindings` makes it that of a response: the binding of the request it answers, as
 * received, or an empty list where that one had none.
 */
export function bindRegistration(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  raw: Uint8Array,
  requestBindings?: readonly Uint8Array[],
): Uint8Array[] {
  const bytes = registrationBytes(raw, requestBindings)
  assert(bytes !== undefined, 'our own registration does not parse')
  return signBytes(primitives, tokens, bytes)
}

/**
 * Whether one of `bindings` (from the announcement inside `raw`) was made with one of our tokens
 * over just these bytes. `raw` must be the bytes as received: encoding them anew would lose what
 * only the sender knows. For a response `requestBindings` is what we sent.
 */
export function checkBinding(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  raw: Uint8Array,
  bindings: readonly Uint8Array[],
  requestBindings?: readonly Uint8Array[],
): boolean {
  const bytes = registrationBytes(raw, requestBindings)
  return bytes !== undefined && verifyBytes(primitives, tokens, bindings, bytes)
}

/**
 * The binding of a new key inside ping or pong. `context` must differ from link to link and
 * between ping and pong, or one could be played as the other; `handshake` is the encoded
 * crypto_handshake_data.
 */
export function bindRefresh(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  context: Uint8Array,
  handshake: Uint8Array,
): Uint8Array[] {
  return signBytes(primitives, tokens, frame(REFRESH_LABEL, [context, handshake]))
}

export function checkRefresh(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  context: Uint8Array,
  handshake: Uint8Array,
  bindings: readonly Uint8Array[],
): boolean {
  const bytes = frame(REFRESH_LABEL, [context, handshake])
  return verifyBytes(primitives, tokens, bindings, bytes)
}

/**
 * The binding of a confirm: only who reads an acceptor's answer, and holds a token, can make it.
 * `responseBindings` cover the acceptor's own chance, so no two confirms are alike.
 */
export function bindConfirm(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  responseBindings: readonly Uint8Array[],
): Uint8Array[] {
  return signBytes(primitives, tokens, frame(CONFIRM_LABEL, responseBindings))
}

/** Whether one of `bindings` was made with one of our tokens over the response that we sent. */
export function checkConfirm(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  responseBindings: readonly Uint8Array[],
  bindings: readonly Uint8Array[],
): boolean {
  return verifyBytes(primitives, tokens, bindings, frame(CONFIRM_LABEL, responseBindings))
}

/** A command, and the link that it is said on. */
export interface BoundCommand {
  /** What its signature covers: the time, the chance, who sent it, and the bytes. */
  readonly statement: string
  /** The statement covers the arguments as one piece: where each ends is bound here. */
  readonly args: readonly Uint8Array[]
  readonly sequence: bigint
  /** Of the registration that the link came from; no two links have the same. */
  readonly responseBindings: readonly Uint8Array[]
}

/** The binding of a command to one link: elsewhere it is not run. */
export function bindCommand(
  primitives: Pick<Primitives, 'hmacSha256'>,
  tokens: readonly Uint8Array[],
  command: BoundCommand,
): Uint8Array[] {
  return signBytes(primitives, tokens, commandBytes(command))
}

export function checkCommandBinding(
  primitives: Pick<Primitives, 'hmacSha256' | 'equal'>,
  tokens: readonly Uint8Array[],
  command: BoundCommand,
  bindings: readonly Uint8Array[],
): boolean {
  return verifyBytes(primitives, tokens, bindings, commandBytes(command))
}

function commandBytes({ args, responseBindings, sequence, statement }: BoundCommand): Uint8Array {
  const lengths = args.map(({ length }) => length).join(',')
  const words = new TextEncoder().encode(`${sequence}:${lengths}:${statement}`)
  return frame(COMMAND_LABEL, [words, ...responseBindings])
}

const KIN_LABEL = 'treebus kin'

/**
 * The second nonce of one of ours. It looks random, and it is covered by the signature that every
 * node of the family makes and checks: who strips our announcement to make us pass for a plain
 * node cannot strip this. `nonce1` is random.
 */
export function kinNonce(
  primitives: Pick<Primitives, 'hmacSha256'>,
  token: Uint8Array,
  stamp: { readonly timestamp: bigint; readonly nonce1: bigint },
): bigint {
  const words = new TextEncoder().encode(`${stamp.timestamp}:${stamp.nonce1}`)
  const [mac] = signBytes(primitives, [token], frame(KIN_LABEL, [words]))
  assert(mac !== undefined, 'one token gives one signature')
  return new DataView(mac.buffer, mac.byteOffset, 8).getBigUint64(0)
}

/** What is signed of a registration; undefined where `raw` is not protobuf. */
function registrationBytes(
  raw: Uint8Array,
  requestBindings: readonly Uint8Array[] | undefined,
): Uint8Array | undefined {
  const bound = withoutFields(raw, REGISTER_CUTS)
  if (bound === undefined) return undefined
  if (requestBindings === undefined) return frame(REQUEST_LABEL, [bound])
  return frame(RESPONSE_LABEL, [bound, ...requestBindings])
}

/** Each part with its length before it, so that no byte can change sides. */
function frame(label: string, parts: readonly Uint8Array[]): Uint8Array {
  const all = [new TextEncoder().encode(label), ...parts]
  const framed = new Uint8Array(all.reduce((bytes, part) => bytes + 4 + part.length, 0))
  const view = new DataView(framed.buffer)
  let at = 0
  for (const part of all) {
    view.setUint32(at, part.length)
    framed.set(part, at + 4)
    at += 4 + part.length
  }
  return framed
}

/**
 * The message without the fields of `cuts`; every other field, known or not, stays byte for byte
 * and in its place. Only the length of a message that was cut into is written anew. So it does not
 * matter whether the cut fields were ever there, and nothing else can differ unseen.
 */
function withoutFields(raw: Uint8Array, cuts: Cuts): Uint8Array | undefined {
  // Cutting only shortens, and a rewritten length is never longer than the one it replaces.
  const kept = new Uint8Array(raw.length)
  let written = 0
  const keep = (bytes: Uint8Array): void => {
    kept.set(bytes, written)
    written += bytes.length
  }
  for (let at = 0; at < raw.length; ) {
    const field = readField(raw, at)
    if (field === undefined) return undefined
    const cut = field.wireType === LENGTH_DELIMITED ? cuts.get(field.number) : undefined
    if (cut === undefined) {
      keep(raw.subarray(at, field.end))
    } else if (cut !== 'cut') {
      const inner = withoutFields(raw.subarray(field.valueAt, field.end), cut)
      if (inner === undefined) return undefined
      keep(raw.subarray(at, field.tagEnd))
      keep(encodeVarint(inner.length))
      keep(inner)
    }
    at = field.end
  }
  return kept.subarray(0, written)
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5

interface RawField {
  readonly number: number
  readonly wireType: number
  readonly tagEnd: number
  /** Behind the length where the field has one. */
  readonly valueAt: number
  readonly end: number
}

/** Undefined where the bytes are damaged, end too early or hold a group, which proto3 has not. */
function readField(raw: Uint8Array, at: number): RawField | undefined {
  const tag = readVarint32(raw, at)
  if (tag === undefined || tag.value >>> 3 === 0) return undefined
  const wireType = tag.value & 7
  const length = wireType === LENGTH_DELIMITED ? readVarint32(raw, tag.end) : undefined
  const valueAt = length?.end ?? tag.end
  const end = length === undefined ? endOfScalar(raw, tag.end, wireType) : valueAt + length.value
  if (end === undefined || end > raw.length) return undefined
  return { number: tag.value >>> 3, wireType, tagEnd: tag.end, valueAt, end }
}

function endOfScalar(raw: Uint8Array, at: number, wireType: number): number | undefined {
  if (wireType === FIXED_64) return at + 8
  if (wireType === FIXED_32) return at + 4
  if (wireType !== VARINT) return undefined
  for (let end = at; end < raw.length && end < at + 10; end++) {
    if (raw[end]! < 0x80) return end + 1
  }
  return undefined
}

/** Tags and lengths: at most 5 bytes and 32 bits; protobuf readers differ beyond that. */
function readVarint32(raw: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < 5 && at + index < raw.length; index++) {
    const byte = raw[at + index]!
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value < 2 ** 32 ? { value, end: at + index + 1 } : undefined
  }
  return undefined
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
