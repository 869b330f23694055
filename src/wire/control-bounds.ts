// Every bound on what a control message may hold, and the first look at its bytes.

import { ProtoReader, WIRE_TYPE } from './proto-reader.js'

/**
 * A message over any of these is not lawful and is refused whole. Counts and lengths have room for
 * what the family sends and little more: a stranger's registration is read before it is trusted.
 */
export const CONTROL_BOUNDS = {
  /** Everything but commands: the frame limit before registration. */
  messageBytesMax: 16 * 1024,
  /** A node listens on a handful of addresses. */
  addressCountMax: 64,
  addressCharsMax: 1024,
  /** The family knows nine schemes. */
  schemeCountMax: 32,
  schemeCharsMax: 32,
  /** The family knows four compressions, ten ciphers, one KDF. */
  compressionCountMax: 32,
  algorithmCountMax: 32,
  kdfCountMax: 32,
  /** The family keeps five tokens; each signature costs us one HMAC for every token of ours. */
  signatureCountMax: 8,
  bindingCountMax: 8,
  /** HMAC-SHA256 makes 32 bytes. */
  signatureBytesMax: 64,
  /** POSIX host names end at 255. */
  hostnameCharsMax: 256,
  /** A hexadecimal SHA-256 has 64. */
  hashCodeCharsMax: 256,
  /** The longest point is 134 bytes (P-521 with its length byte). */
  publicKeyBytesMax: 256,
  /** A UUID has 16. */
  incarnationBytesMax: 16,
  /** Ranges asked for or granted. */
  rangeCountMax: 64,
  /** More levels above a node are no tree that we serve (a message ends after 16 hops). */
  ancestorCountMax: 64,
  /** What a parent proposes of a sibling: a node listens on a handful. */
  siblingAddressCountMax: 8,
  /** Of a host, and of what two processes share. */
  ringMarkBytes: 16,
  /** A reason in one word, such as ENOMEM. */
  ringRefusalCharsMax: 40,
  commandArgumentCountMax: 1024,
  /** What a command holds beside its arguments: sender and access data. */
  commandOverheadBytesMax: 4096,
  /** Fields in one argument: it has one, the rest is for peers to come. */
  argumentFieldCountMax: 16,
} as const

const bounds = CONTROL_BOUNDS

const COMMANDS_FIELD = 2

const outer = new ProtoReader()
const inner = new ProtoReader()

/**
 * Whether a command's bytes may be given to the decoder: a command is as long as messages may be,
 * so its fields are counted before an object is made for each.
 */
export function commandFits(buffer: Uint8Array, start: number, end: number): boolean {
  outer.open(buffer, start, end)
  let argumentCount = 0
  let argumentsBytes = 0
  while (outer.position < end) {
    const fieldStart = outer.position
    if (!outer.tag()) return false
    const { field, wireType } = outer
    if (!outer.skip()) return false
    if (field === COMMANDS_FIELD && wireType === WIRE_TYPE.BYTES) {
      if (++argumentCount > bounds.commandArgumentCountMax) return false
      if (!argumentFits(buffer, outer.spanStart, outer.spanEnd)) return false
      argumentsBytes += outer.position - fieldStart
    }
    const overhead = outer.position - start - argumentsBytes
    if (overhead > bounds.commandOverheadBytesMax) return false
  }
  return true
}

function argumentFits(buffer: Uint8Array, start: number, end: number): boolean {
  inner.open(buffer, start, end)
  for (let fields = 0; inner.position < end; fields++) {
    if (fields === bounds.argumentFieldCountMax || !inner.tag() || !inner.skip()) return false
  }
  return true
}

/** Whether a list is short enough and each of its members too. */
export function allWithin(
  list: ArrayLike<{ readonly length: number }>,
  countMax: number,
  lengthMax: number,
): boolean {
  if (list.length > countMax) return false
  for (let i = 0; i < list.length; i++) if (list[i]!.length > lengthMax) return false
  return true
}
