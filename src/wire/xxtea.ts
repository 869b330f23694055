// XXTEA (Wheeler and Needham, corrected block TEA) the way libatbus orders its bytes (spec A.6.2).

const KEY_BYTES = 16
/** As a signed number: all of it stays within 32-bit integers, which engines keep fastest. */
const DELTA = 0x9e37_79b9 | 0

/** Fewer than two words have no neighbours to mix with. */
const DATA_BYTES_MIN = 8

/** The four words of a key. Made once per key; undefined where it is not 16 bytes. */
export function xxteaKey(key: Uint8Array): Int32Array | undefined {
  if (key.length !== KEY_BYTES) return undefined
  const view = new DataView(key.buffer, key.byteOffset, KEY_BYTES)
  return Int32Array.from([0, 4, 8, 12], (offset) => view.getInt32(offset, false))
}

/** Undefined where `plain` is not a whole number of words, two at least. */
export function xxteaEncrypt(key: Int32Array, plain: Uint8Array): Uint8Array | undefined {
  const words = readWords(plain)
  if (words === undefined) return undefined
  encryptWords(key, words)
  return writeWords(words)
}

/** Undefined where `sealed` cannot be a result of `xxteaEncrypt`. */
export function xxteaDecrypt(key: Int32Array, sealed: Uint8Array): Uint8Array | undefined {
  const words = readWords(sealed)
  if (words === undefined) return undefined
  decryptWords(key, words)
  return writeWords(words)
}

function encryptWords(key: Int32Array, words: Int32Array): void {
  const last = words.length - 1
  let sum = 0
  let previous = words[last]!
  for (let rounds = roundCount(words.length); rounds > 0; rounds--) {
    sum = (sum + DELTA) | 0
    const twist = (sum >>> 2) & 3
    for (let at = 0; at < last; at++) {
      const mixed = mix(key[(at & 3) ^ twist]!, sum, previous, words[at + 1]!)
      previous = words[at] = (words[at]! + mixed) | 0
    }
    const mixed = mix(key[(last & 3) ^ twist]!, sum, previous, words[0]!)
    previous = words[last] = (words[last]! + mixed) | 0
  }
}

function decryptWords(key: Int32Array, words: Int32Array): void {
  const last = words.length - 1
  let rounds = roundCount(words.length)
  let sum = Math.imul(rounds, DELTA)
  let next = words[0]!
  for (; rounds > 0; rounds--) {
    const twist = (sum >>> 2) & 3
    for (let at = last; at > 0; at--) {
      const mixed = mix(key[(at & 3) ^ twist]!, sum, words[at - 1]!, next)
      next = words[at] = (words[at]! - mixed) | 0
    }
    next = words[0] = (words[0]! - mix(key[twist]!, sum, words[last]!, next)) | 0
    sum = (sum - DELTA) | 0
  }
}

/** MX of the paper; only the low 32 bits of the result count. */
function mix(key: number, sum: number, before: number, after: number): number {
  const shifted = ((before >>> 5) ^ (after << 2)) + ((after >>> 3) ^ (before << 4))
  return shifted ^ ((sum ^ after) + (key ^ before))
}

function roundCount(words: number): number {
  return 6 + Math.floor(52 / words)
}

function readWords(bytes: Uint8Array): Int32Array | undefined {
  if (bytes.length < DATA_BYTES_MIN || bytes.length % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = new Int32Array(bytes.length / 4)
  for (let at = 0; at < words.length; at++) words[at] = view.getInt32(at * 4, true)
  return words
}

function writeWords(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < words.length; at++) view.setInt32(at * 4, words[at]!, true)
  return bytes
}
