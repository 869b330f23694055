// Memory for staging areas, shared by all connections of a thread, so that an idle one holds none.

/**
 * One size for the few frames that each of a thousand neighbours is told in one turn, one for most
 * others, one for frames just above that; larger ones are made to measure.
 */
const SIZES = [
  { bytes: 4 * 1024, idleMax: 1024 },
  { bytes: 64 * 1024, idleMax: 64 },
  { bytes: 256 * 1024, idleMax: 32 },
] as const

export const CHUNK_BYTES_MIN: number = SIZES[0].bytes
export const CHUNK_BYTES: number = SIZES[1].bytes

// At most 16 MiB lies idle here: a full send queue of large messages, or a word to each of many
// neighbours, comes and goes without the collector.
const idle: readonly Uint8Array[][] = SIZES.map(() => [])

/** At least `bytes` long; its content is whatever was there before. */
export function takeChunk(bytes: number): Uint8Array {
  for (let at = 0; at < SIZES.length; at++) {
    const size = SIZES[at]!
    if (bytes <= size.bytes) return idle[at]!.pop() ?? Buffer.allocUnsafeSlow(size.bytes)
  }
  return Buffer.allocUnsafeSlow(bytes)
}

/** Nobody may read or write it afterwards. Memory of another size is left to the collector. */
export function giveChunk(memory: Uint8Array): void {
  for (let at = 0; at < SIZES.length; at++) {
    const size = SIZES[at]!
    if (memory.length !== size.bytes) continue
    const chunks = idle[at]!
    if (chunks.length < size.idleMax) chunks.push(memory)
    return
  }
}

/** Chunks that lie idle, for tests. */
export function idleChunks(): number {
  return idle.reduce((sum, chunks) => sum + chunks.length, 0)
}
