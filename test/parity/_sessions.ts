// Two ends of one connection as far as keys and compression go, without a core around them.

import { nodePrimitives } from '../../src/node/primitives.js'
import type { Handshake } from '../../src/wire/control.js'
import { InnerCursor } from '../../src/wire/head.js'
import { OutgoingHead } from '../../src/wire/head-writer.js'
import { type HandshakeResult, Session, type SessionRules } from '../../src/wire/session.js'
import { seededRandom } from '../core/_harness.js'

export const SEQUENCE = 100n

let seeds = 0

export function session(rules: Partial<SessionRules> = {}): Session {
  seeds++
  return new Session({
    primitives: nodePrimitives,
    random: seededRandom(seeds * 7),
    curve: 'x25519',
    ciphers: ['aes-256-gcm'],
    compressions: [],
    bodyBytesMax: 1 << 22,
    ...rules,
  })
}

export interface Ends {
  readonly dialler: Session
  readonly acceptor: Session
}

/** Both have agreed and the dialler has confirmed. */
export function agreed(rules: Partial<SessionRules> = {}): Ends {
  const ends = { dialler: session(rules), acceptor: session(rules) }
  handshakeOf(ends.dialler.complete(handshakeOf(answerTo(ends, SEQUENCE))))
  ends.acceptor.confirm(SEQUENCE)
  return ends
}

export function answerTo({ dialler, acceptor }: Ends, sequence: bigint): HandshakeResult {
  return acceptor.answer(dialler.offer(sequence))
}

export function handshakeOf(result: HandshakeResult): Handshake | undefined {
  if (result.kind === 'failed') throw new Error(`no agreement: ${result.wireCode}`)
  return result.handshake
}

/** What `to` makes of a body that `from` sent: the fault, or whether it is the same. */
export function carried(from: Session, to: Session, body: Uint8Array): string {
  const { head, inner } = sealedInner(from, body)
  const fault = to.open(head, inner)
  if (fault !== undefined) return fault
  const found = to.body.subarray(to.bodyStart, to.bodyEnd)
  return Buffer.from(found).equals(Buffer.from(body)) ? 'same' : 'other'
}

export function sealedInner(
  from: Session,
  body: Uint8Array,
): { head: InnerCursor; inner: Uint8Array } {
  const inner = innerOfFrame(from.seal(new OutgoingHead(), body))
  const head = new InnerCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
  return { head, inner }
}

/** Without hash and length; the length ends with its first byte below 128. */
export function innerOfFrame(frame: Uint8Array): Uint8Array {
  let start = 4
  while ((frame[start] ?? 0) >= 128) start++
  return frame.slice(start + 1)
}
