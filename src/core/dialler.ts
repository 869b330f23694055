// The dialling side of the register handshake (spec C.4), for parents, siblings and data.

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { encodeControl, type RegisterData } from '../wire/control.js'
import { isAsked, settle } from './admission.js'
import { UNREGISTERED_FRAME_BYTES_MAX } from './config.js'
import { Connection, type Purpose } from './connection.js'
import type { CoreState } from './core-state.js'
import type { LinkRole, Port } from './effects.js'
import { isSameBytes, type Link, type PeerIdentity, sameLife } from './link.js'
import type { Links } from './links.js'
import { RegisterPatience } from './register-patience.js'
import { identityOf, type Registrar, registrationFrame } from './registrar.js'
import { newSession } from './sessions.js'
import type { Yielding } from './yielding.js'

/** What became of a dialled connection that did not come to a link. */
export interface DialFailure {
  readonly connection: Connection
  readonly code: BusErrorCode
  readonly detail: string
  /** The other end answered, and said no. */
  readonly refused: boolean
}

export class Dialler {
  readonly #state: CoreState
  readonly #links: Links
  readonly #registrar: Registrar
  readonly #yielding: Yielding
  readonly #onFailure: (failure: DialFailure) => void
  readonly #patience: RegisterPatience

  constructor(
    state: CoreState,
    rooms: { readonly links: Links; readonly registrar: Registrar; readonly yielding: Yielding },
    onFailure: (failure: DialFailure) => void,
  ) {
    this.#state = state
    this.#links = rooms.links
    this.#registrar = rooms.registrar
    this.#yielding = rooms.yielding
    this.#onFailure = onFailure
    this.#patience = new RegisterPatience(state.config.limits.registerMs)
  }

  dial(address: string, purpose: Purpose): void {
    const { config, connections, deadlines, nowMs } = this.#state
    const number = this.#state.nextConnectionNumber()
    const session = newSession(this.#state)
    const linksBefore = this.#state.lastLinkNumber
    const options = { number, address, purpose, session, port: undefined, linksBefore }
    const connection = new Connection(options)
    connections.set(number, connection)
    deadlines.set(`register:${number}`, nowMs + config.limits.registerMs)
    this.#state.emit({ kind: 'dial', connection: number, address })
  }

  /** It is open: we register at once, on every connection (spec 0.2). */
  opened(connection: Connection, port: Port): void {
    const { config, deadlines, nowMs } = this.#state
    connection.opened(port)
    port.reader.frameBytesMax = UNREGISTERED_FRAME_BYTES_MAX
    const limitMs = this.#patience.limitMs(connection.address)
    deadlines.set(`register:${connection.number}`, nowMs + limitMs)
    const purpose = connection.purpose
    const role = purpose?.kind === 'parent' ? 'child' : 'sibling'
    const { body, bindings } = this.#registrar.request(connection, role, expectedId(purpose))
    connection.requestBindings = bindings
    const sequence = BigInt(this.#state.nextSequence())
    const kind = 'register_req'
    const options = { kind, sequence, resultCode: 0, selfId: config.id, register: body } as const
    const frame = registrationFrame(options)
    this.#state.emit({ kind: 'send', connection: connection.number, frame })
  }

  failed(connection: Connection, code: BusErrorCode, detail: string): void {
    this.#state.counters.dialsFailed++
    this.#links.close(connection, 'now')
    this.#state.tell({ kind: 'dial_failed', address: connection.address, detail })
    this.#onFailure({ connection, code, detail, refused: false })
  }

  /** It was not registered in time; if it was open, the other end may only have been slow. */
  timedOut(connection: Connection): void {
    if (connection.phase === 'registering') this.#patience.timedOut(connection.address)
    this.failed(connection, 'TIMEOUT', 'not registered in time')
  }

  /** A node_register_rsp arrived on a connection that is registering. */
  answered(connection: Connection, resultCode: number, register: RegisterData): void {
    this.#patience.answered(connection.address)
    if (resultCode !== 0) {
      this.#refused(connection, register.id, codeOfWire(resultCode), { by: 'peer', resultCode })
      return
    }
    const fault = this.#check(connection, register) ?? this.#takeKeys(connection, register)
    if (fault !== undefined) {
      this.#refused(connection, register.id, fault, {
        by: 'us',
        resultCode: BUS_ERRORS[fault].wire,
      })
      return
    }
    connection.session.acceptCompressions(register.compressions)
    connection.answerBindings = register.announcement?.bindings ?? []
    this.#bind(connection, register)
  }

  #check(connection: Connection, register: RegisterData): BusErrorCode | undefined {
    const { config } = this.#state
    const fault = this.#registrar.checkResponse(register, connection.requestBindings)
    if (fault !== undefined) return fault
    if (register.id === config.id) return 'ID_CONFLICT'
    const expected = expectedId(connection.purpose)
    if (expected !== 0n && expected !== register.id) return 'ID_MISMATCH'
    const purpose = connection.purpose
    if (purpose?.kind === 'sibling' && purpose.life !== undefined) {
      const life = register.announcement?.incarnation
      return life !== undefined && isSameBytes(life, purpose.life) ? undefined : 'ID_MISMATCH'
    }
    if (purpose?.kind !== 'data') return undefined
    return sameLife(purpose.link.peer, identityOf(register)) ? undefined : 'ID_MISMATCH'
  }

  #takeKeys(connection: Connection, register: RegisterData): BusErrorCode | undefined {
    const taken = connection.session.complete(register.handshake)
    if (taken.kind === 'failed') return 'CRYPTO_REFUSED'
    const required = this.#state.config.security.encryption === 'required'
    return required && !connection.session.keyed ? 'CRYPTO_REFUSED' : undefined
  }

  #bind(connection: Connection, register: RegisterData): void {
    const { config, neighbours } = this.#state
    const peer = identityOf(register)
    const purpose = connection.purpose
    if (purpose?.kind === 'data') {
      this.confirm(connection, [])
      this.#links.join(purpose.link, connection)
      return
    }
    const asParent = purpose?.kind === 'parent'
    const standing = neighbours.get(peer.id)
    const crossed = standing !== undefined && standing.number > connection.linksBefore
    const { nowMs } = this.#state
    const { probeMs } = config.limits
    const at = { nowMs, probeMs, selfId: config.id, standing, asParent, crossed }
    const admission = settle(peer, at)
    // Whoever has the id is asked; a later dial finds out whether it answered.
    if (admission.kind === 'probe' && !isAsked(admission.link)) this.#links.ping(admission.link)
    if (admission.kind === 'behind' && connection.answerBindings.length === 0) {
      this.#fallBehind(connection, admission.link)
      return
    }
    // With tokens the other end has no link yet: nothing was said, and nothing will be.
    const isRefused = admission.kind === 'probe' || admission.kind === 'behind'
    if (admission.kind === 'refuse' || isRefused) {
      const code = admission.kind === 'refuse' ? admission.code : 'ID_CONFLICT'
      this.#refused(connection, peer.id, code, { by: 'us', resultCode: BUS_ERRORS[code].wire })
      return
    }
    this.confirm(connection, this.#registrar.confirmBindings(register))
    if (admission.kind === 'data') {
      this.#links.join(admission.link, connection)
      return
    }
    const old = admission.kind === 'yield' ? this.#links.succeed(admission.link) : undefined
    if (admission.kind === 'replace') this.#links.end(admission.link, 'replaced')
    const link = this.#bring(connection, peer, asParent ? 'parent' : 'sibling')
    if (old !== undefined) this.#yielding.takeOver(old, link)
  }

  /** The other end has had a link since its answer, and may have spoken on it. */
  #fallBehind(connection: Connection, link: Link): void {
    this.confirm(connection, [])
    this.#yielding.begin(connection, link)
    const detail = 'the other end dialled at the same time'
    this.#onFailure({ connection, code: 'ID_CONFLICT', detail, refused: true })
  }

  #bring(connection: Connection, peer: PeerIdentity, role: LinkRole): Link {
    const link = this.#links.up({ connection, peer, role })
    // A node without an id never has a link at the other end, so it needs no second connection.
    if (link.plain && this.#state.config.id !== 0n) {
      this.dial(connection.address, { kind: 'data', link })
    }
    return link
  }

  /** Always sent, as C++ clients do; with keys it tells the acceptor to switch (spec A.6.4). */
  confirm(connection: Connection, bindings: readonly Uint8Array[]): void {
    const sequence = BigInt(this.#state.nextSequence())
    const head = { resultCode: 0, sequence, sourceId: this.#state.config.id }
    const handshakeSequence = connection.session.handshakeSequence
    const body = { kind: 'handshake_confirm', sequence: handshakeSequence, bindings } as const
    this.#links.write(connection, encodeControl(head, body))
  }

  #refused(
    connection: Connection,
    id: bigint,
    code: BusErrorCode,
    how: { readonly by: 'us' | 'peer'; readonly resultCode: number },
  ): void {
    const { counters } = this.#state
    if (how.by === 'us') counters.refusedByUs++
    else counters.refusedByPeers++
    const wireCode = how.resultCode
    const address = connection.address
    this.#links.close(connection, 'now')
    this.#state.tell({ kind: 'refused', by: how.by, id, address, code, wireCode })
    const detail = `registration refused by ${how.by === 'us' ? 'this node' : 'the peer'}`
    this.#onFailure({ connection, code, detail, refused: true })
  }
}

function expectedId(purpose: Purpose | undefined): bigint {
  if (purpose?.kind === 'sibling') return purpose.expectedId
  return purpose?.kind === 'data' ? purpose.link.peer.id : 0n
}

/** The code that stands for a number from the wire; REMOTE for one that none of ours stands for. */
export function codeOfWire(resultCode: number): BusErrorCode {
  return CODES_BY_WIRE.get(resultCode) ?? 'REMOTE'
}

/** Where several codes share a number, the one that a registration or a delivery can mean. */
const CODES_BY_WIRE: ReadonlyMap<number, BusErrorCode> = new Map([
  [-4, 'FULL'],
  [-8, 'MESSAGE_TOO_LONG'],
  [-11, 'ACCESS_DENIED'],
  [-14, 'BAD_VERSION'],
  [-15, 'LINK_LOST'],
  [-65, 'NO_ROUTE'],
  [-66, 'NO_ROUTE'],
  [-67, 'NO_CONNECTION'],
  [-68, 'TOO_MANY_FAULTS'],
  [-70, 'ID_MISMATCH'],
  [-71, 'TTL'],
  [-72, 'ID_CONFLICT'],
  [-73, 'ID_CONFLICT'],
  [-75, 'LOOP'],
  [-105, 'UNSUPPORTED'],
  [-211, 'TIMEOUT'],
  [-231, 'DECRYPT_FAILED'],
  [-233, 'CRYPTO_REFUSED'],
  [-234, 'CRYPTO_REFUSED'],
  [-235, 'CRYPTO_REFUSED'],
  [-236, 'CRYPTO_REFUSED'],
  [-237, 'CRYPTO_REFUSED'],
  [-238, 'CRYPTO_REFUSED'],
  [-239, 'CRYPTO_REFUSED'],
  [-240, 'CRYPTO_REFUSED'],
  [-241, 'CRYPTO_REFUSED'],
  [-242, 'CRYPTO_REFUSED'],
  // A Go node without a next hop says so (spec G.4, row 17).
  [-602, 'NO_ROUTE'],
])
