// The accepting side of the register handshake (spec C.4), up to the link that comes of it.

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import type { Handshake, RegisterData } from '../wire/control.js'
import { type Admission, admit, hasAnswered, isAsked } from './admission.js'
import { PROTOCOL_VERSION_MIN, UNREGISTERED_FRAME_BYTES_MAX } from './config.js'
import { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { LinkRole, Port } from './effects.js'
import { type Link, type PeerIdentity, sameLife } from './link.js'
import type { Links } from './links.js'
import { type Newcomer, Newcomers, type Welcome } from './newcomers.js'
import { identityOf, type Registrar, registrationFrame, requestedRole } from './registrar.js'
import type { Routing } from './routes/routing.js'
import { newSession } from './sessions.js'
import type { Yielding } from './yielding.js'

export class Acceptor {
  readonly #state: CoreState
  readonly #links: Links
  readonly #registrar: Registrar
  readonly #routing: Routing
  readonly #yielding: Yielding
  /** Accepted, and not registered or without proof of it, oldest first. */
  readonly #pending = new Set<Connection>()
  /** Those of them that wait for another life of their id to show itself. */
  readonly #probing = new Set<Connection>()
  /** Those of them that were answered, and have to show that they read it. */
  readonly #newcomers = new Newcomers()

  constructor(
    state: CoreState,
    rooms: {
      readonly links: Links
      readonly registrar: Registrar
      readonly routing: Routing
      readonly yielding: Yielding
    },
  ) {
    this.#state = state
    this.#routing = rooms.routing
    this.#links = rooms.links
    this.#registrar = rooms.registrar
    this.#yielding = rooms.yielding
  }

  accepted(number: number, port: Port): void {
    if (this.#state.state === 'stopped') {
      this.#state.emit({ kind: 'close', connection: number, how: 'now' })
      return
    }
    const { config, connections, deadlines, nowMs } = this.#state
    const session = newSession(this.#state)
    const address = port.remoteAddress
    const linksBefore = this.#state.lastLinkNumber
    const purpose = undefined
    const connection = new Connection({ number, address, purpose, session, port, linksBefore })
    connections.set(number, connection)
    port.reader.frameBytesMax = UNREGISTERED_FRAME_BYTES_MAX
    deadlines.set(`register:${number}`, nowMs + config.limits.registerMs)
    this.#pending.add(connection)
    this.#makeRoom()
  }

  /** Whoever waited longest without registering goes: so silent sockets cannot keep others out. */
  #makeRoom(): void {
    if (this.#pending.size <= this.#state.config.limits.pendingConnectionsMax) return
    const [oldest] = this.#pending
    if (oldest === undefined) return
    this.#state.counters.evicted++
    this.#links.close(oldest, 'now')
  }

  /** The connection is no more, or it has registered. */
  forget(connection: Connection): void {
    this.#pending.delete(connection)
    this.#newcomers.forget(connection)
    this.#probing.delete(connection)
  }

  /** A node_register_req arrived. */
  requested(
    connection: Connection,
    head: { version: number; sequence: bigint },
    register: RegisterData,
  ): void {
    const fault = this.#check(connection, head.version, register)
    if (fault !== undefined) {
      this.#refuse(connection, head.sequence, register.id, fault)
    } else if (connection.phase === 'bound') {
      this.#refresh(connection, head.sequence, register)
    } else if (register.id === 0n) {
      this.#welcome(connection, head.sequence, register, { kind: 'visit' })
    } else {
      this.#admit(connection, head.sequence, register)
    }
  }

  #check(
    connection: Connection,
    version: number,
    register: RegisterData,
  ): BusErrorCode | undefined {
    if (version < PROTOCOL_VERSION_MIN) return 'BAD_VERSION'
    const fault = this.#registrar.checkRequest(register)
    if (fault !== undefined) return fault
    if (register.id === this.#state.config.id && register.id !== 0n) return 'ID_CONFLICT'
    const bound = connection.link
    const isOther = bound !== undefined && !isSameLife(bound.peer, identityOf(register))
    return isOther ? 'ID_MISMATCH' : undefined
  }

  #admit(connection: Connection, sequence: bigint, register: RegisterData): void {
    const { config, deadlines, nowMs } = this.#state
    const admission = this.#judge(identityOf(register), requestedRole(register))
    if (admission.kind === 'refuse') {
      this.#refuse(connection, sequence, register.id, admission.code)
    } else if (admission.kind === 'probe' || admission.kind === 'again') {
      const dialsAgain = admission.kind === 'again'
      if (dialsAgain) this.#refuseOthers(register.id)
      connection.probing({ sequence, register, dialsAgain })
      this.#probing.add(connection)
      deadlines.set(`probe:${connection.number}`, nowMs + config.limits.probeMs)
      this.#links.ping(admission.link)
    } else if (admission.kind !== 'new' || !this.#asksElsewhere(connection, sequence, register)) {
      this.#welcome(connection, sequence, register, admission)
    }
  }

  #judge(peer: PeerIdentity, role: LinkRole): Admission {
    const { config, neighbours, nowMs } = this.#state
    return admit(peer, role, {
      nowMs,
      selfId: config.id,
      standing: neighbours.get(peer.id),
      links: neighbours.size,
      linksMax: config.limits.linksMax,
      probeMs: config.limits.probeMs,
      crossingMs: config.limits.registerMs,
    })
  }

  /** Another life of the id is known somewhere in the tree: it is asked before we believe. */
  #asksElsewhere(connection: Connection, sequence: bigint, register: RegisterData): boolean {
    const life = register.announcement?.incarnation
    if (life === undefined || requestedRole(register) !== 'child') return false
    const done = (isAlive: boolean): void => this.#answeredElsewhere(connection, isAlive)
    if (!this.#routing.registers(register.id, life, done)) return false
    connection.probing({ sequence, register, dialsAgain: false })
    this.#probing.add(connection)
    return true
  }

  #answeredElsewhere(connection: Connection, isAlive: boolean): void {
    const held = connection.held
    if (connection.phase !== 'probing' || held === undefined) return
    this.#probing.delete(connection)
    const { sequence, register } = held
    connection.held = undefined
    // A link to the id that came up meanwhile is a holder of its own.
    const { neighbours } = this.#state
    if (isAlive) this.#refuse(connection, sequence, register.id, 'ID_CONFLICT')
    else if (neighbours.get(register.id)) this.#admit(connection, sequence, register)
    else this.#welcome(connection, sequence, register, { kind: 'new' })
  }

  /** The holder of the id was asked for a sign; the time for it is over. */
  probeEnded(connection: Connection): void {
    const held = connection.held
    this.#probing.delete(connection)
    if (connection.phase !== 'probing' || held === undefined) return
    const { sequence, register, dialsAgain } = held
    connection.held = undefined
    const { config, neighbours, nowMs } = this.#state
    const standing = neighbours.get(register.id)
    const { probeMs } = config.limits
    if (standing === undefined) {
      this.#welcome(connection, sequence, register, { kind: 'new' })
    } else if (hasAnswered(standing, { dialsAgain, nowMs, probeMs })) {
      this.#refuse(connection, sequence, register.id, 'ID_CONFLICT')
    } else {
      this.#welcome(connection, sequence, register, { kind: 'replace', link: standing })
    }
  }

  /** The life that holds the id has come back: nobody else need wait for its silence. */
  #refuseOthers(id: bigint): void {
    for (const connection of [...this.#probing]) {
      const { held } = connection
      if (held === undefined || held.register.id !== id || held.dialsAgain) continue
      this.#probing.delete(connection)
      connection.held = undefined
      this.#state.deadlines.clear(`probe:${connection.number}`)
      this.#refuse(connection, held.sequence, id, 'ID_CONFLICT')
    }
  }

  /** The holder of an id was heard or is gone: whoever waits for its silence need not wait on. */
  resolve(link: Link): void {
    if (this.#probing.size === 0) return
    for (const connection of [...this.#probing]) {
      if (connection.held?.register.id !== link.peer.id) continue
      const isSilent = link.control.isOpen && link.pingSequence !== 0n
      if (connection.held.dialsAgain && isSilent) continue
      this.#state.deadlines.clear(`probe:${connection.number}`)
      this.probeEnded(connection)
    }
  }

  #welcome(
    connection: Connection,
    sequence: bigint,
    register: RegisterData,
    admission: Welcome,
  ): void {
    const answer = this.#agree(connection, sequence, register)
    if (answer === undefined) return
    connection.session.acceptCompressions(register.compressions)
    const bindings = this.#respond(connection, sequence, answer.handshake, register)
    if (register.announcement !== undefined) connection.answerBindings = bindings
    const peer = identityOf(register)
    const newcomer = { peer, role: requestedRole(register), admission }
    if (connection.answerBindings.length > 0) this.#expect(connection, newcomer, bindings)
    else this.#bring(connection, newcomer)
  }

  /**
   * A registration may be played by somebody who heard it, as it says to nobody where it was meant
   * to go. Only its author can bind a confirm to our answer, and nothing comes of it before.
   */
  #expect(connection: Connection, newcomer: Newcomer, bindings: readonly Uint8Array[]): void {
    const { config, deadlines, nowMs } = this.#state
    connection.confirming()
    this.#newcomers.expect(connection, newcomer, { bindings, sinceMs: nowMs })
    deadlines.set(`register:${connection.number}`, nowMs + config.limits.registerMs)
  }

  /** A handshake_confirm arrived: nothing but the end of the handshake where none was expected. */
  confirmed(connection: Connection, bindings: readonly Uint8Array[]): void {
    const expected = this.#newcomers.get(connection)
    if (expected === undefined) return
    const { newcomer, answer } = expected
    const fault = this.#registrar.checkConfirm(answer.bindings, bindings)
    if (fault !== undefined) {
      this.#links.refuse(connection, fault, newcomer.peer.id)
      return
    }
    if (this.#crossed(connection, newcomer)) return
    const admission = this.#judgeAgain(newcomer, answer.sinceMs)
    if (admission.kind === 'refuse') this.#turnAway(connection, newcomer.peer.id, admission.code)
    else this.#bring(connection, { ...newcomer, admission })
  }

  /**
   * Nobody had the id when it was answered, and our own dial to it was answered meanwhile, which
   * stands: what it said behind its confirm counts all the same.
   */
  #crossed(connection: Connection, { admission, peer, role }: Newcomer): boolean {
    const { config, neighbours } = this.#state
    const standing = neighbours.get(peer.id)
    if (standing === undefined || admission.kind !== 'new' || role !== 'sibling') return false
    if (!standing.dialled || standing.role !== 'sibling') return false
    if (config.id > peer.id || !sameLife(standing.peer, peer)) return false
    this.forget(connection)
    this.#yielding.begin(connection, standing)
    return true
  }

  /** Others may have come and gone while the answer was on its way. */
  #judgeAgain(
    { admission: before, peer, role }: Newcomer,
    sinceMs: number,
  ): Exclude<Admission, { kind: 'probe' | 'again' }> | Welcome {
    if (before.kind === 'visit') return before
    // Another life was asked for a sign, and still has given none.
    const standing = this.#state.neighbours.get(peer.id)
    const isSilent = standing !== undefined && standing.liveness.heardAtMs < sinceMs
    if (isSilent && before.kind === 'replace' && before.link === standing) return before
    const admission = this.#judge(peer, role)
    // Its author has the answer, and chose this link.
    if (admission.kind === 'again') return { kind: 'replace', link: admission.link }
    if (admission.kind !== 'probe') return admission
    // A later dial finds out whether it answered.
    if (!isAsked(admission.link)) this.#links.ping(admission.link)
    return { kind: 'refuse', code: 'ID_CONFLICT' }
  }

  /** It believes that it has a link: it is told why it has none. */
  #turnAway(connection: Connection, id: bigint, code: BusErrorCode): void {
    this.#links.sayLeave(connection, BUS_ERRORS[code].wire)
    this.#links.refuse(connection, code, id)
  }

  #bring(connection: Connection, { admission, peer, role }: Newcomer): void {
    if (admission.kind === 'visit') {
      this.#visit(connection)
      return
    }
    this.forget(connection)
    if (admission.kind === 'data') {
      this.#links.join(admission.link, connection)
      return
    }
    const old = admission.kind === 'yield' ? this.#links.succeed(admission.link) : undefined
    if (admission.kind === 'replace') this.#links.end(admission.link, 'replaced')
    const link = this.#links.up({ connection, peer, role })
    if (old !== undefined) this.#yielding.takeOver(old, link)
    // Whoever else waited for the id's former holder has a living one before it now.
    this.resolve(link)
  }

  /**
   * A node without an id runs commands for a while. One that has proved nothing goes on making room
   * for strangers: a plain one, whose registration may be played, and any where no token is set.
   */
  #visit(connection: Connection): void {
    if (connection.answerBindings.length > 0) this.forget(connection)
    connection.temporary()
    const { config, deadlines, messageBytesMax, nowMs } = this.#state
    const { halfRegisteredMs } = config.limits
    connection.port.reader.frameBytesMax = messageBytesMax
    deadlines.clear(`register:${connection.number}`)
    deadlines.set(`temporary:${connection.number}`, nowMs + halfRegisteredMs)
  }

  /** A registered connection registers again: new keys, nothing else changes (spec C.4). */
  #refresh(connection: Connection, sequence: bigint, register: RegisterData): void {
    const answer = this.#agree(connection, sequence, register)
    if (answer === undefined) return
    this.#respond(connection, sequence, answer.handshake, register)
  }

  /** Undefined where there is no agreement: the other end has been told. */
  #agree(
    connection: Connection,
    sequence: bigint,
    register: RegisterData,
  ): { handshake: Handshake | undefined } | undefined {
    const { session } = connection
    const answer = session.answer(register.handshake)
    const required = this.#state.config.security.encryption === 'required'
    if (answer.kind === 'failed') {
      this.#refuse(connection, sequence, register.id, 'CRYPTO_REFUSED', answer.wireCode)
    } else if (required && !session.keyed) {
      this.#refuse(connection, sequence, register.id, 'CRYPTO_REFUSED')
    } else {
      return { handshake: answer.handshake }
    }
    return undefined
  }

  #respond(
    connection: Connection,
    sequence: bigint,
    handshake: Handshake | undefined,
    request: RegisterData,
  ): readonly Uint8Array[] {
    const { body, bindings } = this.#registrar.response(connection, handshake, request)
    this.#write(connection, sequence, 0, body)
    return bindings
  }

  #write(
    connection: Connection,
    sequence: bigint,
    resultCode: number,
    register: RegisterData,
  ): void {
    const selfId = this.#state.config.id
    const kind = 'register_rsp'
    const options = { kind, sequence, resultCode, selfId, register } as const
    const frame = registrationFrame(options)
    this.#state.emit({ kind: 'send', connection: connection.number, frame })
  }

  #refuse(
    connection: Connection,
    sequence: bigint,
    id: bigint,
    code: BusErrorCode,
    wireCode: number = BUS_ERRORS[code].wire,
  ): void {
    this.#write(connection, sequence, wireCode, this.#refusalBody(connection, code))
    if (connection.link === undefined) this.#links.refuse(connection, code, id)
    else this.#links.end(connection.link, 'fault', code)
  }

  /**
   * Who has not shown a token learns nothing of us, and gets no long answer to a short question.
   */
  #refusalBody(connection: Connection, code: BusErrorCode): RegisterData {
    if (code === 'ACCESS_DENIED' || code === 'BAD_VERSION') return this.#registrar.bare()
    return this.#registrar.response(connection, undefined, undefined).body
  }
}

function isSameLife(bound: PeerIdentity, claimed: PeerIdentity): boolean {
  return bound.id === claimed.id && sameLife(bound, claimed)
}
