// What we say of ourselves when we register, and whether what others say of themselves holds.

import type { BusErrorCode } from '../errors.js'
import {
  ACCESS_HMAC_SHA256,
  type AccessData,
  commandStatement,
  registrationStatement,
  sign,
  verify,
} from '../wire/access.js'
import {
  bindCommand,
  bindConfirm,
  bindRegistration,
  checkBinding,
  checkCommandBinding,
  checkConfirm,
  kinNonce,
} from '../wire/binding.js'
import { CAPABILITY } from '../wire/capabilities.js'
import {
  type Announcement,
  type CommandData,
  encodeControl,
  encodeControlMember,
  type Handshake,
  type IdRange,
  type RegisterData,
} from '../wire/control.js'
import { frameOf } from '../wire/frame.js'
import { NO_RANGES } from '../wire/route-record.js'
import { announceable } from './announced-address.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { LinkRole } from './effects.js'
import type { PeerIdentity } from './link.js'
import { ReplayGuard } from './replay-guard.js'
import { grantedTo } from './routes/grants.js'

/** Transports we can be reached by. Never mem or shm: a C++ peer would wait for them (spec 0.5). */
const SCHEMES = ['ipv4', 'ipv6', 'atcp', 'dns', 'unix', 'pipe']

/** Bit of `flags`: the node has a stream listener (spec C.4); receivers ignore it. */
const FLAG_STREAM_LISTENER = 0x10

export const ANNOUNCEMENT_REVISION = 1

/** The roles a dialler may take, as the announcement numbers them. */
export const ROLE_NUMBERS = { child: 1, sibling: 2 } as const

/** What an announcement says of the link that it is for. */
interface Wish {
  readonly role: number
  readonly expectedId: bigint
  /** Granted, in a response to a child. */
  readonly ranges: readonly IdRange[]
}

export interface Registration {
  readonly body: RegisterData
  readonly bindings: readonly Uint8Array[]
}

export class Registrar {
  readonly #state: CoreState
  readonly #replays = new ReplayGuard()

  constructor(state: CoreState) {
    this.#state = state
  }

  /** Our registration as dialler. */
  request(connection: Connection, role: 'child' | 'sibling', expectedId: bigint): Registration {
    const handshake = connection.session.offer(BigInt(this.#state.nextSequence()))
    const wish = { role: ROLE_NUMBERS[role], expectedId, ranges: NO_RANGES }
    return this.#compose(connection, handshake, wish, undefined)
  }

  /** Our answer as acceptor; it covers the request's bindings, so it answers only that request. */
  response(
    connection: Connection,
    handshake: Handshake | undefined,
    request: RegisterData | undefined,
  ): Registration {
    const ranges = request ? grantedTo(this.#state, request.id) : NO_RANGES
    const bindings = request?.announcement?.bindings ?? []
    return this.#compose(connection, handshake, { role: 0, expectedId: 0n, ranges }, bindings)
  }

  /** An answer that says no more than its result code. */
  bare(): RegisterData {
    const { id } = this.#state.config
    const empty = { pid: 0, hostname: '', addresses: [], schemes: [], compressions: [], flags: 0 }
    return { id, ...empty, hashCode: '' }
  }

  #compose(
    connection: Connection,
    handshake: Handshake | undefined,
    wish: Wish,
    requestBindings: readonly Uint8Array[] | undefined,
  ): Registration {
    const { ambient, config, tokens } = this.#state
    const draft = this.#draft(connection, handshake, wish)
    if (tokens.length === 0) return { body: draft, bindings: [] }
    const signatures = sign(ambient.primitives, tokens, this.#statement(draft))
    const bindings = config.announce
      ? bindRegistration(ambient.primitives, tokens, rawRegister(draft), requestBindings)
      : []
    return { body: sealed(draft, signatures, bindings), bindings }
  }

  #draft(connection: Connection, handshake: Handshake | undefined, wish: Wish): RegisterData {
    const { config, announcedAddresses } = this.#state
    const { localAddress } = connection.port
    const reachable = announcedAddresses.map((address) => announceable(address, localAddress))
    const addresses = reachable.filter((address) => address !== undefined)
    return {
      id: config.id,
      pid: config.pid,
      hostname: config.hostname,
      addresses,
      schemes: SCHEMES,
      compressions: connection.session.offeredCompressions,
      flags: addresses.length > 0 ? FLAG_STREAM_LISTENER : 0,
      access: this.#stamp(),
      hashCode: config.hashCode,
      ...(handshake && { handshake }),
      ...(config.announce && { announcement: this.#announcement(wish) }),
    }
  }

  #announcement(wish: Wish): Announcement {
    return {
      revision: ANNOUNCEMENT_REVISION,
      capabilities: this.#capabilities(),
      role: wish.role,
      incarnation: this.#state.config.incarnation,
      attach: BigInt(this.#state.attach),
      expectedId: wish.expectedId,
      ranges: wish.ranges,
      ownAddresses: [],
      bindings: [],
    }
  }

  #capabilities(): bigint {
    const { hostMark, siblings } = this.#state.config
    const records = CAPABILITY.RECORDS | CAPABILITY.ROUTED_RECORDS
    const always = CAPABILITY.ROUTES | CAPABILITY.COUNTED_IVS | records
    const rings = hostMark === undefined ? 0n : CAPABILITY.RINGS
    return always | rings | (siblings ? CAPABILITY.SIBLINGS : 0n)
  }

  #stamp(): AccessData {
    const { ambient, config, tokens } = this.#state
    const nonces = ambient.random(16)
    const view = new DataView(nonces.buffer, nonces.byteOffset, 16)
    const stamp = {
      timestamp: BigInt(Math.floor(ambient.wallMs() / 1000)),
      nonce1: view.getBigUint64(0),
    }
    const [token] = config.announce ? tokens : []
    const random = view.getBigUint64(8)
    const nonce2 = token === undefined ? random : kinNonce(ambient.primitives, token, stamp)
    return { algorithm: ACCESS_HMAC_SHA256, ...stamp, nonce2, signatures: [] }
  }

  /** Undefined where the registration may be believed. */
  checkRequest(register: RegisterData): BusErrorCode | undefined {
    const fault = this.#checkAccess(register) ?? this.#checkAnnouncement(register, undefined)
    if (fault !== undefined) return fault
    const expected = register.announcement?.expectedId ?? 0n
    if (expected !== 0n && expected !== this.#state.config.id) return 'ID_MISMATCH'
    return undefined
  }

  checkResponse(
    register: RegisterData,
    requestBindings: readonly Uint8Array[],
  ): BusErrorCode | undefined {
    if (register.id === 0n) return 'BAD_MESSAGE'
    return this.#checkAccess(register) ?? this.#checkAnnouncement(register, requestBindings)
  }

  /** Ours, where we dialled: shows the acceptor that the answer was read, and by a member. */
  confirmBindings(response: RegisterData): readonly Uint8Array[] {
    const { ambient, config, tokens } = this.#state
    const bindings = response.announcement?.bindings ?? []
    if (!config.announce || bindings.length === 0) return []
    return bindConfirm(ambient.primitives, tokens, bindings)
  }

  /** `responseBindings`: those of the answer that we gave. */
  checkConfirm(
    responseBindings: readonly Uint8Array[],
    bindings: readonly Uint8Array[],
  ): BusErrorCode | undefined {
    const { ambient, tokens } = this.#state
    const holds = checkConfirm(ambient.primitives, tokens, responseBindings, bindings)
    return holds ? undefined : 'ACCESS_DENIED'
  }

  #checkAccess(register: RegisterData): BusErrorCode | undefined {
    const anonymous = register.id === 0n
    // A temporary node has no id that would tell two apart which started in the same second, so
    // its process counts as well (docs/decisions/0003-replay-key.md).
    const process = anonymous ? `/${register.pid}/${register.hashCode}` : ''
    return this.#checkSigned(register.access, this.#statement(register), process)
  }

  /**
   * A command's own signature: it must hold on any connection, temporary ones above all. Of our
   * own kind it is bound to its connection as well, or who heard it could play it elsewhere.
   */
  checkCommand(
    { answerBindings }: Connection,
    sequence: bigint,
    command: CommandData,
  ): BusErrorCode | undefined {
    const { ambient, tokens } = this.#state
    const { access, args, bindings = [], from } = command
    const statement = commandStatement(ambient.primitives, access ?? NO_ACCESS, from, args)
    const bound = { statement, args, sequence, responseBindings: answerBindings }
    const isBound = answerBindings.length > 0 && tokens.length > 0
    if (isBound && !checkCommandBinding(ambient.primitives, tokens, bound, bindings)) {
      return 'ACCESS_DENIED'
    }
    return this.#checkSigned(access, statement, '')
  }

  /** As it goes on this connection. */
  signCommand(
    { answerBindings }: Connection,
    sequence: bigint,
    args: readonly Uint8Array[],
  ): CommandData {
    const { ambient, tokens } = this.#state
    const { primitives } = ambient
    const { statement, ...signed } = this.#signedWords(args)
    if (answerBindings.length === 0 || tokens.length === 0) return signed
    const bound = { statement, args, sequence, responseBindings: answerBindings }
    return { ...signed, bindings: bindCommand(primitives, tokens, bound) }
  }

  /** An answer is signed as the family does, and checked by nobody. */
  signReply(args: readonly Uint8Array[]): CommandData {
    const { statement: _checkedByNobody, ...signed } = this.#signedWords(args)
    return signed
  }

  #signedWords(args: readonly Uint8Array[]): CommandData & { readonly statement: string } {
    const { ambient, config, tokens } = this.#state
    const { primitives } = ambient
    const stamp = this.#stamp()
    const statement = commandStatement(primitives, stamp, config.id, args)
    const access = { ...stamp, signatures: sign(primitives, tokens, statement) }
    return { from: config.id, args, access, statement }
  }

  #checkSigned(
    access: AccessData | undefined,
    statement: string,
    process: string,
  ): BusErrorCode | undefined {
    const { ambient, counters, nowMs, tokens } = this.#state
    const signed = access ?? NO_ACCESS
    if (!verify(ambient.primitives, tokens, signed, statement)) return 'ACCESS_DENIED'
    if (tokens.length === 0) return undefined
    if (!this.#isTooOld(signed) && this.#replays.isFirst(nowMs, statement + process)) {
      return undefined
    }
    counters.replays++
    return 'ACCESS_DENIED'
  }

  #checkAnnouncement(
    register: RegisterData,
    requestBindings: readonly Uint8Array[] | undefined,
  ): BusErrorCode | undefined {
    const { ambient, config, tokens } = this.#state
    const announcement = register.announcement
    if (announcement === undefined) {
      const refuses = config.security.plainPeers === 'refuse' || this.#isStripped(register)
      return refuses ? 'ACCESS_DENIED' : undefined
    }
    if (announcement.incarnation.length !== 16) return 'BAD_MESSAGE'
    if (tokens.length === 0) return undefined
    const raw = register.raw
    // A wrong binding refuses; it never makes the peer a plain one.
    if (raw === undefined) return 'ACCESS_DENIED'
    const bindings = announcement.bindings
    return checkBinding(ambient.primitives, tokens, raw, bindings, requestBindings)
      ? undefined
      : 'ACCESS_DENIED'
  }

  /** One of ours, by its nonce, without the announcement that it sent: somebody is in between. */
  #isStripped(register: RegisterData): boolean {
    const { ambient, config, tokens } = this.#state
    const { access } = register
    if (access === undefined || !config.announce) return false
    return tokens.some((token) => kinNonce(ambient.primitives, token, access) === access.nonce2)
  }

  #isTooOld(access: AccessData): boolean {
    const skewMaxSeconds = this.#state.config.security.clockSkewMaxSeconds
    if (skewMaxSeconds === 0) return false
    const skew = Number(access.timestamp) - Math.floor(this.#state.ambient.wallMs() / 1000)
    return Math.abs(skew) > skewMaxSeconds
  }

  #statement(register: RegisterData): string {
    const { primitives } = this.#state.ambient
    const { access, handshake, id } = register
    const signed = handshake && { curveNumber: handshake.type, publicKey: handshake.publicKey }
    return registrationStatement(primitives, access ?? NO_ACCESS, id, signed)
  }
}

/** What a peer without tokens says. */
const NO_ACCESS: AccessData = {
  algorithm: ACCESS_HMAC_SHA256,
  timestamp: 0n,
  nonce1: 0n,
  nonce2: 0n,
  signatures: [],
}

/** The role at our end of a link that a registration asks for. */
export function requestedRole(register: RegisterData): LinkRole {
  return register.announcement?.role === ROLE_NUMBERS.sibling ? 'sibling' : 'child'
}

export function identityOf(register: RegisterData): PeerIdentity {
  return {
    id: register.id,
    pid: register.pid,
    hostname: register.hostname,
    hashCode: register.hashCode,
    incarnation: register.announcement?.incarnation,
    capabilities: register.announcement?.capabilities ?? 0n,
    attach: register.announcement?.attach ?? 0n,
    addresses: register.addresses,
    ranges: register.announcement?.ranges ?? NO_RANGES,
  }
}

/** A registration on the wire: always in clear (spec A.6.1). */
export function registrationFrame(options: {
  readonly kind: 'register_req' | 'register_rsp'
  readonly sequence: bigint
  readonly resultCode: number
  readonly selfId: bigint
  readonly register: RegisterData
}): Uint8Array {
  const { kind, sequence, resultCode, selfId, register } = options
  const head = { resultCode, sequence, sourceId: selfId }
  return frameOf(encodeControl(head, { kind, register }))
}

function rawRegister(register: RegisterData): Uint8Array {
  return encodeControlMember({ kind: 'register_req', register })
}

function sealed(
  draft: RegisterData,
  signatures: Uint8Array[],
  bindings: Uint8Array[],
): RegisterData {
  const { access, announcement } = draft
  return {
    ...draft,
    ...(access && { access: { ...access, signatures } }),
    ...(announcement && { announcement: { ...announcement, bindings } }),
  }
}
