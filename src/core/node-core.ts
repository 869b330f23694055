// The core of one node: inputs and frames in, effects out. It owns every table and no clock.

import { unreachable } from '../errors.js'
import { Acceptor } from './acceptor.js'
import { highHalf, lowHalf } from './bus-id.js'
import { Commands } from './commands.js'
import type { Ambient, CoreConfig } from './config.js'
import type { Connection, Purpose } from './connection.js'
import { CoreState, type Timer } from './core-state.js'
import type { Counters } from './counters.js'
import { DataPath } from './data-path.js'
import type { Delivery } from './delivery.js'
import { type DialFailure, Dialler } from './dialler.js'
import type { Effect, Input, LinkDownReason, LinkInfo, NodeState } from './effects.js'
import { Inbound } from './inbound.js'
import { KeyRefresh } from './key-refresh.js'
import type { Link } from './link.js'
import { Links } from './links.js'
import { NextHop } from './next-hop.js'
import type { Outbound } from './outbound.js'
import { ParentKeeper } from './parent-keeper.js'
import { PathGates } from './path-gates.js'
import { Registrar } from './registrar.js'
import { RingPaths } from './ring-paths.js'
import { Courier } from './routes/courier.js'
import { IdHash } from './routes/id-hash.js'
import { RouteTable } from './routes/route-table.js'
import { RoutesView } from './routes/routes-view.js'
import { Routing } from './routes/routing.js'
import { isRoutingTimer } from './routes/routing-timers.js'
import type { Topology } from './topology.js'
import { Yielding } from './yielding.js'

export class NodeCore {
  readonly #state: CoreState
  readonly #links: Links
  readonly #acceptor: Acceptor
  readonly #dialler: Dialler
  readonly #parent: ParentKeeper
  readonly #commands: Commands
  readonly #nextHop: NextHop
  readonly #refresh: KeyRefresh
  readonly #routing: Routing
  readonly #gates: PathGates
  readonly #rings: RingPaths
  readonly #inbound: Inbound
  /** Who is reachable, by whom, and what has changed. */
  readonly routes: RoutesView
  /** Sends, forwards and delivers messages; the shell calls it for what the user sends. */
  readonly data: DataPath
  readonly outbound: Outbound

  constructor(config: CoreConfig, ambient: Ambient, delivery: Delivery) {
    const state = new CoreState(config, ambient)
    this.#state = state
    state.topology.update(config.id, 0n, { pid: config.pid, hostname: config.hostname })
    const registrar = new Registrar(state)
    const dial = (address: string, purpose: Purpose): void => this.#dialler.dial(address, purpose)
    this.#links = new Links(state, {
      cameUp: (link) => this.#routing.up(link),
      ended: (link, reason) => this.#linkEnded(link, reason),
      forgotten: (connection) => {
        this.#acceptor.forget(connection)
        this.#gates.forget(connection)
      },
      refused: (connection, code) => {
        const detail = 'the other end broke the protocol'
        this.#failed({ connection, code, detail, refused: false })
      },
    })
    const hash = secretHash(ambient.random(8))
    const table = new RouteTable(hash)
    this.#gates = new PathGates(state, table)
    const gates = this.#gates
    this.#routing = new Routing(state, this.#links, { hash, table, gates, dial })
    const routing = this.#routing
    const nextHop = new NextHop(state, routing)
    this.#nextHop = nextHop
    this.routes = new RoutesView(state, routing, nextHop)
    const yielding = new Yielding(state, this.#links, gates)
    const rooms = { links: this.#links, registrar, routing, yielding }
    this.#acceptor = new Acceptor(state, rooms)
    this.#dialler = new Dialler(state, rooms, (failure) => this.#failed(failure))
    this.#parent = new ParentKeeper(state, dial)
    this.#refresh = new KeyRefresh(state, this.#links)
    this.#commands = new Commands(state, this.#links, nextHop, registrar)
    this.data = new DataPath({ state, links: this.#links, nextHop, routing, gates, delivery })
    this.outbound = this.data.outbound
    routing.openPost(this.outbound)
    this.#rings = new RingPaths(state, this.#links, new Courier(state))
    this.#inbound = new Inbound({
      state,
      links: this.#links,
      acceptor: this.#acceptor,
      dialler: this.#dialler,
      parent: this.#parent,
      commands: this.#commands,
      refresh: this.#refresh,
      data: this.data,
      routing,
      gates: this.#gates,
      rings: this.#rings,
      yielding,
    })
  }

  get id(): bigint {
    return this.#state.config.id
  }

  get state(): NodeState {
    return this.#state.state
  }

  get counters(): Readonly<Counters> {
    return this.#state.counters
  }

  /** What the process was told of the tree. */
  get topology(): Topology {
    this.#routing.topologyTouched()
    return this.#state.topology
  }

  links(): LinkInfo[] {
    return [...this.#state.neighbours].map((link) => link.info())
  }

  link(id: bigint): LinkInfo | undefined {
    return this.#state.neighbours.get(id)?.info()
  }

  /** The link that a message for this id would leave by. */
  route(id: bigint): LinkInfo | undefined {
    const link = this.#nextHop.find(highHalf(id), lowHalf(id))
    return link?.leaving === true ? undefined : link?.info()
  }

  /** The number of that link; 0 where there is none. */
  routeNumber(id: bigint): number {
    const link = this.#nextHop.find(highHalf(id), lowHalf(id))
    return link === undefined || link.leaving ? 0 : link.number
  }

  /** After `drain`: whether all that the neighbours sent before they knew of it is here. */
  get isDrained(): boolean {
    return this.#links.isDrained
  }

  nextSequence(): number {
    return this.#state.nextSequence()
  }

  /** Names the next connection that the shell accepts: numbers are never used twice. */
  nextConnectionNumber(): number {
    return this.#state.nextConnectionNumber()
  }

  /** Infinity while nothing waits. */
  nextDeadlineMs(): number {
    return this.#state.deadlines.nextMs()
  }

  handle(nowMs: number, input: Input): readonly Effect[] {
    this.#state.nowMs = Math.max(this.#state.nowMs, nowMs)
    this.#apply(input)
    return this.#state.takeEffects()
  }

  /**
   * Works through the frames that a connection's reader holds, up to the first that has effects:
   * perform them and call again until none come. Data messages have none; they are delivered or
   * forwarded from within.
   */
  receive(nowMs: number, number: number): readonly Effect[] {
    this.#state.nowMs = Math.max(this.#state.nowMs, nowMs)
    const connection = this.#state.connections.get(number)
    if (connection?.isOpen === true) this.#inbound.receive(connection)
    else this.#state.counters.lateInputs++
    return this.#state.takeEffects()
  }

  #apply(input: Input): void {
    const { connections, counters } = this.#state
    switch (input.kind) {
      case 'start':
        this.#routing.start()
        this.#parent.start()
        return
      case 'listening':
        if (input.announced !== undefined) this.#state.announcedAddresses.push(input.announced)
        return
      case 'accepted':
        this.#acceptor.accepted(input.connection, input.port)
        return
      case 'tick':
        this.#tick()
        return
      case 'connect':
        if (this.#state.state === 'stopped') return
        this.#connect(input.address, input.expectedId ?? 0n)
        return
      case 'disconnect':
        this.#disconnect(input.id)
        return
      case 'command':
        this.#commands.send(input.to, input.sequence, input.args)
        return
      case 'command_reply':
        this.#commands.reply(input.call, input.args)
        return
      case 'tokens':
        this.#state.tokens = input.tokens
        return
      case 'shared_memory':
        this.#rings.setWilling(input.isOn)
        return
      case 'drain':
        this.#links.drain()
        return
      case 'stop':
        this.#stop()
        return
      case 'dialled':
      case 'dial_failed':
      case 'closed': {
        const connection = connections.get(input.connection)
        // The shell's word and our decision crossed: it is about a connection we ended.
        if (connection === undefined) counters.lateInputs++
        else this.#connectionInput(connection, input)
        return
      }
      default:
        unreachable(input)
    }
  }

  #connectionInput(
    connection: Connection,
    input: Extract<Input, { kind: 'dialled' | 'dial_failed' | 'closed' }>,
  ): void {
    if (input.kind === 'dialled') {
      this.#dialler.opened(connection, input.port)
    } else if (input.kind === 'dial_failed') {
      this.#dialler.failed(connection, 'DIAL_FAILED', input.detail)
    } else if (connection.phase === 'registering' || connection.phase === 'dialling') {
      this.#dialler.failed(connection, 'LINK_LOST', 'closed before it was registered')
    } else {
      this.#links.closed(connection, input.clean)
    }
  }

  #connect(address: string, expectedId: bigint): void {
    // A link serves both, whoever dialled it: a second one would end it, and what is on its way.
    if (this.#state.neighbours.get(expectedId) !== undefined) return
    for (const { address: taken, phase } of this.#state.connections.values()) {
      const underWay = phase === 'dialling' || phase === 'registering'
      if (underWay && taken === address) return
    }
    this.#dialler.dial(address, { kind: 'sibling', expectedId })
  }

  #disconnect(id: bigint): void {
    const link = this.#state.neighbours.get(id)
    if (link !== undefined) this.#links.end(link, 'disconnected')
  }

  #stop(): void {
    this.#parent.stop()
    this.#routing.stop()
    // Strangers first: the end of a link would let in who waits for its id.
    for (const connection of [...this.#state.connections.values()]) {
      if (connection.link === undefined) this.#links.close(connection, 'now')
    }
    for (const link of [...this.#state.neighbours]) this.#links.end(link, 'closing')
  }

  #linkEnded(link: Link, reason: LinkDownReason): void {
    // A replaced link has a successor, which is about to come up.
    if (reason !== 'replaced') this.#acceptor.resolve(link)
    // A dial for its data connection is pointless now.
    for (const connection of [...this.#state.connections.values()]) {
      const purpose = connection.purpose
      if (purpose?.kind === 'data' && purpose.link === link) this.#links.close(connection, 'now')
    }
    this.#routing.down(link, reason)
    this.#rings.down(link)
    if (link.role === 'parent') this.#parent.linkDown(link)
  }

  #failed(failure: DialFailure): void {
    const purpose = failure.connection.purpose
    if (purpose?.kind === 'parent') this.#parent.dialFailed(failure)
    else if (purpose?.kind === 'sibling') this.#routing.dialFailed(purpose)
    else if (purpose?.kind === 'data')
      this.#links.end(purpose.link, 'half_registered', failure.code)
  }

  #tick(): void {
    const { deadlines, nowMs } = this.#state
    // What this very step makes due waits for its effects: what a registration is answered comes
    // before what the turn has to say on the new link.
    const { mark } = deadlines
    for (;;) {
      const due = deadlines.takeDue(nowMs, mark)
      if (due === undefined) return
      this.#due(due.key, due.dueMs)
    }
  }

  #due(timer: Timer, dueMs: number): void {
    const [kind, text] = timer.split(':')
    const number = Number(text)
    const link = this.#links.get(number)
    const connection = this.#state.connections.get(number)
    if (kind === 'parent') this.#parent.redial(number)
    else if (kind === 'live' && link) this.#links.judge(link, dueMs)
    else if (kind === 'half' && link) this.#links.end(link, 'half_registered')
    else if (kind === 'refresh' && link) this.#refresh.due(link)
    else if (kind === 'probe' && connection) this.#acceptor.probeEnded(connection)
    else if (kind === 'temporary' && connection) this.#links.close(connection, 'flush')
    else if (kind === 'yield' && connection) this.#links.close(connection, 'flush')
    else if (kind === 'register' && connection) this.#registerTimeout(connection)
    else if (kind === 'ring' && link) this.#rings.due(link)
    else if (isRoutingTimer(kind)) this.#routing.due(kind, number, link)
  }

  #registerTimeout(connection: Connection): void {
    if (connection.purpose === undefined) this.#links.refuse(connection, 'TIMEOUT')
    else this.#dialler.timedOut(connection)
  }
}

/** Nobody else can tell which ids fall into one place of our tables. */
function secretHash(secret: Uint8Array): IdHash {
  const view = new DataView(secret.buffer, secret.byteOffset, secret.byteLength)
  return new IdHash(view.getInt32(0), view.getInt32(4))
}
