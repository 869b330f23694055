// The names on the wire: a process says and hears the same few again and again.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const NOTHING = new Uint8Array(0)

/** Their bytes are kept; over the bound anew. */
const WRITTEN_MAX = 1024
const written = new Map<string, Uint8Array>()

export function bytesOfText(text: string): Uint8Array {
  if (text === '') return NOTHING
  let bytes = written.get(text)
  if (bytes !== undefined) return bytes
  bytes = encoder.encode(text)
  if (written.size >= WRITTEN_MAX) written.clear()
  written.set(text, bytes)
  return bytes
}

interface Read {
  readonly bytes: Uint8Array
  readonly text: string
}

/** Places for texts that were read; each holds the last of those that fall to it. */
const READ_PLACES = 256
/** Longer ones are decoded each time: what strangers send must not be kept at length. */
const READ_BYTES_MAX = 64
const reads: (Read | undefined)[] = new Array(READ_PLACES).fill(undefined)

/** Undefined for what is no UTF-8. The range must be within the bytes. */
export function textOfBytes(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length === 0) return ''
  if (length > READ_BYTES_MAX) return decoded(bytes.subarray(start, start + length))
  const place = placeOf(bytes, start, length)
  const known = reads[place]
  if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.text
  const copy = bytes.slice(start, start + length)
  const text = decoded(copy)
  if (text !== undefined) reads[place] = { bytes: copy, text }
  return text
}

/** FNV-1a, 32 bits. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c_9dc5
  for (let at = start; at < start + length; at += 1) {
    hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193)
  }
  return (hash ^ (hash >>> 16)) & (READ_PLACES - 1)
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false
  for (let at = 0; at < length; at += 1) if (known[at] !== bytes[start + at]) return false
  return true
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
