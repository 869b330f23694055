// MurmurHash3_x86_32, the check sum of every frame (spec A.1).
//
// Both ends pay it for every byte. A DataView reads a word at once, twice as fast as four bytes,
// but making one costs as much as hashing some 200 bytes. So the view of the memory in use is kept.

const C1 = 0xcc9e2d51 | 0
const C2 = 0x1b873593 | 0
const ROUND = 0xe6546b64 | 0

/** From here on a view made for one call pays for itself (measured: 200 to 300 bytes). */
const VIEW_PAYS_BYTES = 256

// The memory last hashed, and its view. It is kept alive until another one takes its place: at most
// one staging chunk or slab for the whole process.
let viewed: Uint8Array | undefined
let view: DataView = new DataView(new ArrayBuffer(0))
// Memory seen once for a short span; seen again at once, it gets the view.
let candidate: Uint8Array | undefined

/** The hash of `[start, end)` as an unsigned 32-bit number; the wire's `seed` is 0. */
export function murmur3(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (bytes === viewed) return murmur3InView(view, start, end, seed)
  if (bytes !== candidate && end - start < VIEW_PAYS_BYTES) {
    candidate = bytes
    return hashBytes(bytes, start, end, seed)
  }
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  viewed = bytes
  candidate = undefined
  return murmur3InView(view, start, end, seed)
}

/** The same for an owner of memory who keeps a view of it. */
export function murmur3InView(words: DataView, start: number, end: number, seed = 0): number {
  return hashRest(words, seed | 0, start, end, end - start)
}

/** The second hash of `murmur3Pair`; one serves the whole process. */
export const pair = { second: 0 }

/**
 * Hashes two spans of one memory at once, `[start, end)` and `[start2, end2)`: returns the first
 * hash and leaves the second in `pair`. Each step of a hash waits for the one before it, so two in
 * turn take hardly longer than one.
 */
export function murmur3Pair(
  words: DataView,
  start: number,
  end: number,
  start2: number,
  end2: number,
): number {
  const both = Math.min(end - start, end2 - start2)
  const pairs = start + (both & ~7)
  const away = start2 - start
  let hash = 0
  let hash2 = 0
  let at = start
  for (; at < pairs; at += 8) {
    hash = mixWord(hash, words.getInt32(at, true))
    hash2 = mixWord(hash2, words.getInt32(at + away, true))
    hash = mixWord(hash, words.getInt32(at + 4, true))
    hash2 = mixWord(hash2, words.getInt32(at + 4 + away, true))
  }
  pair.second = hashRest(words, hash2, at + away, end2, end2 - start2)
  return hashRest(words, hash, at, end, end - start)
}

/** Goes on at a word boundary of a span of `bytes` whose beginning is in `begun`. */
function hashRest(words: DataView, begun: number, from: number, end: number, bytes: number): number {
  let hash = begun
  const tail = from + ((end - from) & ~3)
  const fours = from + ((end - from) & ~15)
  let at = from
  // Four words a round: what a round costs beside them shows.
  for (; at < fours; at += 16) {
    hash = mixWord(hash, words.getInt32(at, true))
    hash = mixWord(hash, words.getInt32(at + 4, true))
    hash = mixWord(hash, words.getInt32(at + 8, true))
    hash = mixWord(hash, words.getInt32(at + 12, true))
  }
  for (; at < tail; at += 4) hash = mixWord(hash, words.getInt32(at, true))
  const rest = end - tail
  let k = 0
  if (rest > 2) k = words.getUint8(tail + 2) << 16
  if (rest > 1) k |= words.getUint8(tail + 1) << 8
  if (rest > 0) k |= words.getUint8(tail)
  return finish(hash ^ mixTail(k), bytes)
}

function mixWord(hash: number, word: number): number {
  const k = Math.imul(word, C1)
  const mixed = hash ^ Math.imul((k << 15) | (k >>> 17), C2)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + ROUND) | 0
}

function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0
  const tail = start + ((end - start) & ~3)
  for (let at = start; at < tail; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    k = Math.imul(k, C1)
    k = (k << 15) | (k >>> 17)
    hash ^= Math.imul(k, C2)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + ROUND) | 0
  }
  const rest = end - tail
  let k = 0
  if (rest > 2) k = bytes[tail + 2]! << 16
  if (rest > 1) k |= bytes[tail + 1]! << 8
  if (rest > 0) k |= bytes[tail]!
  return finish(hash ^ mixTail(k), end - start)
}

function mixTail(tail: number): number {
  const k = Math.imul(tail, C1)
  return Math.imul((k << 15) | (k >>> 17), C2)
}

function finish(mixed: number, length: number): number {
  let hash = mixed ^ length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
