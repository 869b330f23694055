// The texts of a question as they stand on the wire: made once for as long as they stay the same.

import { copyBytes } from '../wire/proto-writer.js'
import { bytesOfText } from './known-texts.js'

/** A name, or a number of 32 bits: the older habit of numbering messages works as well. */
export type CallName = string | number

/** For whom a question is, and what is asked. */
interface Texts {
  readonly app: string
  readonly instance: string
  readonly name: CallName
}

const NOTHING = new Uint8Array(0)

/** Of the last question: the next one is mostly for the same service, and asks the same. */
let last: Texts & { readonly bytes: Uint8Array } = {
  app: '',
  instance: '',
  name: 0,
  bytes: NOTHING,
}

/** Nobody may write to it. */
export function textsOf(texts: Texts): Uint8Array {
  const { app, instance, name } = texts
  const isSame = last.name === name && last.app === app && last.instance === instance
  if (isSame && last.bytes.length > 0) return last.bytes
  last = { app, instance, name, bytes: written(texts) }
  return last.bytes
}

function written({ app, instance, name }: Texts): Uint8Array {
  const texts = [app, instance].map(bytesOfText)
  if (typeof name === 'string') texts.push(bytesOfText(name))
  const size = texts.reduce((sum, text) => sum + 2 + text.length, typeof name === 'string' ? 0 : 4)
  const bytes = new Uint8Array(size)
  let at = 0
  for (const text of texts) at = writeText(bytes, at, text)
  if (typeof name !== 'string') writeWord(bytes, at, name)
  return bytes
}

export function writeText(bytes: Uint8Array, at: number, text: Uint8Array): number {
  bytes[at] = text.length
  bytes[at + 1] = text.length >>> 8
  return copyBytes(bytes, at + 2, text, 0, text.length)
}

export function writeWord(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
  return at + 4
}
