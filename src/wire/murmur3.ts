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

/**
 * The same for an owner of memory who keeps a view of it. Eight words a round, written out: where
 * the two ends share a core, what a round costs beside its words is what they wait for.
 */
export function murmur3InView(words: DataView, start: number, end: number, seed = 0): number {
  let hash = seed | 0
  let k = 0
  let at = start
  const rounds = start + ((end - start) & ~31)
  for (; at < rounds; at += 32) {
    k = Math.imul(words.getInt32(at, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 4, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 8, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 12, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 16, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 20, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 24, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
    k = Math.imul(words.getInt32(at + 28, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
  }
  const tail = start + ((end - start) & ~3)
  for (; at < tail; at += 4) {
    k = Math.imul(words.getInt32(at, true), C1)
    hash ^= Math.imul((k << 15) | (k >>> 17), C2)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + ROUND) | 0
  }
  const rest = end - tail
  k = 0
  if (rest > 2) k = words.getUint8(tail + 2) << 16
  if (rest > 1) k |= words.getUint8(tail + 1) << 8
  if (rest > 0) k |= words.getUint8(tail)
  return finish(hash ^ mixTail(k), end - start)
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
