// How two processes come to share a segment: what one offers, what the other checks and answers.
// Knows nothing of how the words travel; that has to be a link between the two that is trusted.
import { randomBytes } from 'node:crypto'
import type { Addon, NativeLink } from './native.js'
import type { RingTurns } from './ring-turns.js'

/** A file that a process has open. */
export interface OpenFile {
  readonly pid: number
  readonly fd: number
}

/** Said by the owner of a segment. */
export interface RingOffer {
  /** Of an unnamed segment that the owner has open, or the name of a named one. */
  readonly memory: OpenFile | string
  readonly ringBytes: number
  /** In hexadecimal. Stands in the segment too: so both mean the same memory. */
  readonly nonce: string
  /** Absent: the owner is woken over the control link. */
  readonly bell?: OpenFile | undefined
}

/** Said by the guest; `refused` names the reason. */
export type RingAnswer = { readonly bell?: OpenFile | undefined } | { readonly refused: string }

export interface OfferedRing {
  readonly link: NativeLink
  readonly offer: RingOffer
}

export type MemoryKind = 'anonymous' | 'named'

export interface OfferOptions {
  readonly memory: MemoryKind
  readonly ringBytes: number
  readonly bell: OpenFile | undefined
}

/** What a peer rings this thread's bell by; undefined where it has to use the control link. */
export function bellOf({ bell }: RingTurns): OpenFile | undefined {
  return bell === undefined ? undefined : { pid: process.pid, fd: bell }
}

/** Makes a segment to offer, or says why it cannot. The link is the caller's to close. */
export function offerRing(addon: Addon, options: OfferOptions): OfferedRing | string {
  const { ringBytes, bell } = options
  const nonce = randomBytes(addon.nonceBytes)
  const name = `treebus-${randomBytes(16).toString('hex')}`
  const link =
    options.memory === 'named'
      ? addon.createNamed(name, ringBytes, nonce)
      : addon.createAnonymous(ringBytes, nonce)
  if (typeof link === 'string') return link
  const memory = options.memory === 'named' ? name : { pid: process.pid, fd: link.descriptor() }
  return { link, offer: { memory, ringBytes, nonce: nonce.toString('hex'), bell } }
}

/** Opens what was offered, or says why not. The bell is touched only once the memory is proven. */
export function acceptRing(addon: Addon, offer: RingOffer): NativeLink | string {
  const { memory, ringBytes, bell } = offer
  const nonce = Buffer.from(offer.nonce, 'hex')
  const link =
    typeof memory === 'string'
      ? addon.openNamed(memory, ringBytes, nonce)
      : addon.openAnonymous(memory.pid, memory.fd, ringBytes, nonce)
  if (typeof link !== 'string' && bell) link.holdRope(bell.pid, bell.fd)
  return link
}

/** The guest has mapped it: from now on nobody else can. */
export function concludeRing(link: NativeLink, bell: OpenFile | undefined): void {
  link.withdraw()
  if (bell) link.holdRope(bell.pid, bell.fd)
}

/** Undefined where it is not an offer. `text` is as long as it may be. */
export function parseOffer(text: string): RingOffer | undefined {
  const said = parseObject(text)
  if (said === undefined) return undefined
  const { memory, ringBytes, nonce, bell } = said
  if (typeof memory !== 'string' && !isOpenFile(memory)) return undefined
  if (!isNumber(ringBytes) || typeof nonce !== 'string') return undefined
  if (bell !== undefined && !isOpenFile(bell)) return undefined
  return { memory, ringBytes, nonce, bell }
}

/** Undefined where it is not an answer. */
export function parseAnswer(text: string): RingAnswer | undefined {
  const said = parseObject(text)
  if (said === undefined) return undefined
  if (typeof said.refused === 'string') return { refused: said.refused.slice(0, 40) }
  if (said.bell !== undefined && !isOpenFile(said.bell)) return undefined
  return { bell: said.bell }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isOpenFile(value: unknown): value is OpenFile {
  if (typeof value !== 'object' || value === null) return false
  const { pid, fd } = value as Record<string, unknown>
  return isNumber(pid) && isNumber(fd)
}

/** A process, a descriptor or a size: no system has larger ones. */
function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31
}
