// Registrations as a test wants them: of plain peers and of our own kind, right or wrong.

import { nodePrimitives } from '../../src/node/primitives.js'
import {
  type AccessData,
  commandStatement,
  registrationStatement,
  sign,
} from '../../src/wire/access.js'
import { bindCommand, bindConfirm, bindRegistration } from '../../src/wire/binding.js'
import {
  type Announcement,
  type CommandData,
  type ConfirmData,
  encodeControlMember,
  type Handshake,
  type RegisterData,
} from '../../src/wire/control.js'
import { incarnationOf, WALL_MS } from './_harness.js'

export function token(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export interface RegistrationWish {
  readonly id: bigint
  readonly pid?: number
  readonly hostname?: string
  readonly tokens?: readonly Uint8Array[]
  readonly timestamp?: bigint
  readonly nonce1?: bigint
  readonly handshake?: Handshake
  readonly compressions?: readonly number[]
  /** Number of a life: makes it a registration of our own kind. */
  readonly life?: number
  readonly announcement?: Partial<Announcement>
  /** Of a response: the bindings of the request that it answers. */
  readonly requestBindings?: readonly Uint8Array[]
}

/** With which tokens a registration was made: its confirm needs them again. */
const tokensOf = new WeakMap<RegisterData, readonly Uint8Array[]>()

/** The confirm of who made `register`, once it has read `answer`. */
export function confirmOf(register: RegisterData, answer: RegisterData | undefined): ConfirmData {
  const tokens = tokensOf.get(register) ?? []
  const responseBindings = answer?.announcement?.bindings ?? []
  if (register.announcement === undefined || responseBindings.length === 0) return { sequence: 0n }
  return { sequence: 0n, bindings: bindConfirm(nodePrimitives, tokens, responseBindings) }
}

/** Signed and bound with every token, as a lawful node does. */
export function registrationOf(wish: RegistrationWish): RegisterData {
  const register = signedOf(wish)
  tokensOf.set(register, wish.tokens ?? [])
  return register
}

function signedOf(wish: RegistrationWish): RegisterData {
  const draft = draftOf(wish)
  const { access, announcement, handshake } = draft
  const tokens = wish.tokens ?? []
  if (tokens.length === 0 || access === undefined) return draft
  const signed = handshake && { curveNumber: handshake.type, publicKey: handshake.publicKey }
  const statement = registrationStatement(nodePrimitives, access, draft.id, signed)
  const signatures = sign(nodePrimitives, tokens, statement)
  const register = { ...draft, access: { ...access, signatures } }
  if (announcement === undefined) return register
  const raw = encodeControlMember({ kind: 'register_req', register: draft })
  const bindings = bindRegistration(nodePrimitives, tokens, raw, wish.requestBindings)
  return { ...register, announcement: { ...announcement, bindings } }
}

function draftOf(wish: RegistrationWish): RegisterData {
  return {
    id: wish.id,
    pid: wish.pid ?? 4242,
    hostname: wish.hostname ?? 'far-host',
    addresses: [],
    schemes: ['ipv4', 'ipv6', 'unix'],
    compressions: wish.compressions ?? [],
    flags: 0,
    hashCode: 'far-hash',
    access: stamp(wish),
    ...(wish.handshake && { handshake: wish.handshake }),
    ...(wish.life !== undefined && { announcement: announcementOf(wish) }),
  }
}

function announcementOf(wish: RegistrationWish): Announcement {
  return {
    revision: 1,
    capabilities: 0n,
    role: 1,
    incarnation: incarnationOf(0x1000 + (wish.life ?? 0)),
    attach: 0n,
    expectedId: 0n,
    ranges: [],
    ownAddresses: [],
    bindings: [],
    ...wish.announcement,
  }
}

const NONCES_FROM = 0x1234_5678_9abc_def0n
let nonces = NONCES_FROM

/** For a run that has to be the same each time: what nobody of it has met may be used again. */
export function beginNonces(): void {
  nonces = NONCES_FROM
}

/** Never the same one twice in a process. */
function nextNonce(): bigint {
  nonces++
  return nonces
}

function stamp(wish: { timestamp?: bigint; nonce1?: bigint }): AccessData {
  return {
    algorithm: 0,
    timestamp: wish.timestamp ?? BigInt(Math.floor(WALL_MS / 1000)),
    nonce1: wish.nonce1 ?? nextNonce(),
    nonce2: 2n,
    signatures: [],
  }
}

/** A custom command, signed with every token. */
export function commandOf(wish: {
  readonly from: bigint
  readonly args: readonly string[]
  readonly tokens?: readonly Uint8Array[]
  readonly nonce1?: bigint
  /** The answer to the registration of its link: one of ours binds its commands to it. */
  readonly answer?: RegisterData | undefined
  /** Of the head it is to go with. */
  readonly sequence?: bigint
}): CommandData {
  const args = wish.args.map(token)
  if (wish.tokens === undefined) return { from: wish.from, args }
  const access = stamp(wish)
  const statement = commandStatement(nodePrimitives, access, wish.from, args)
  const signatures = sign(nodePrimitives, wish.tokens, statement)
  const signed = { from: wish.from, args, access: { ...access, signatures } }
  const responseBindings = wish.answer?.announcement?.bindings ?? []
  if (responseBindings.length === 0) return signed
  const bound = { statement, args, sequence: wish.sequence ?? 7n, responseBindings }
  return { ...signed, bindings: bindCommand(nodePrimitives, wish.tokens, bound) }
}
