// The 31-bit hash of a name: what a text becomes where a selector wants a number.

/** services.md section 8. */
const SEED = 1315423911
const MASK_31 = 0x7fffffff

/**
 * A whole number from 0 to 2^31 - 1, the same in every process: `h ^= (h << 5) + c + (h >> 2)` over
 * the UTF-8 bytes of the name. A lone surrogate counts as three bytes, so that no text has no hash.
 */
export function nameHash(name: string): number {
  let hash = SEED
  for (let at = 0; at < name.length; at += 1) {
    const code = name.codePointAt(at) as number
    if (code > 0xffff) at += 1
    hash = mixedCode(hash, code)
  }
  return hash & MASK_31
}

function mixed(hash: number, byte: number): number {
  return hash ^ ((hash << 5) + byte + (hash >>> 2))
}

/** Byte by byte by hand: an encoder would need memory for each name. */
function mixedCode(hash: number, code: number): number {
  if (code < 0x80) return mixed(hash, code)
  if (code < 0x800) return mixed(mixed(hash, 0xc0 | (code >> 6)), 0x80 | (code & 0x3f))
  const tail = (from: number) =>
    mixed(mixed(from, 0x80 | ((code >> 6) & 0x3f)), 0x80 | (code & 0x3f))
  if (code < 0x10000) return tail(mixed(hash, 0xe0 | (code >> 12)))
  return tail(mixed(mixed(hash, 0xf0 | (code >> 18)), 0x80 | ((code >> 12) & 0x3f)))
}
