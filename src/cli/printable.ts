// Bytes and names from other nodes, made safe for a terminal and for a line.

/** A payload as events carry it: text where it is text, else lower-case hex. */
export type Content = { readonly text: string } | { readonly hex: string }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Also DEL and the C1 block, which some terminals obey.
const CONTROLS = /[^\P{Cc}\n\t]/u

// What could move the cursor, start a line, or change the order in which a line reads.
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff\\]/gu

/** Text is valid UTF-8 without control characters but line feed and tab. */
export function contentOf(bytes: Uint8Array): Content {
  const text = textOf(bytes)
  return text === undefined ? { hex: hexOf(bytes) } : { text }
}

export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes)
    return CONTROLS.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** Undefined for what is not pairs of hex digits. */
export function bytesOfHex(hex: string): Uint8Array | undefined {
  return /^(?:[0-9a-f]{2})*$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\\': '\\\\' }

/** One line, whatever came in. */
export function escaped(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? unicodeEscape(character))
}

/** One line of JSON in which nothing can reach a terminal as a control character. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, unicodeEscape)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
