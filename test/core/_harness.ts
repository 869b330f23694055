// Several cores in one process on cables that lose nothing: for tests that need no faults.

import { type Ambient, type CoreConfig, DEFAULT_CONFIG } from '../../src/core/config.js'
import type { CoreEvent, Effect, Input, Port } from '../../src/core/effects.js'
import { NodeCore } from '../../src/core/node-core.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import type { CarrierName } from '../../src/wire/carrier-messages.js'
import { FrameReader } from '../../src/wire/frame.js'
import { FakeCarriage } from './_carriage.js'

/** 2026-06-17, about when the streams of the reference were recorded. */
export const WALL_MS = 1_781_700_000_000

/** A generator that is good enough to tell nonces apart and the same in every run. */
export function seededRandom(seed: number): (bytes: number) => Uint8Array {
  let state = seed >>> 0 || 1
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state & 0xff
    })
}

/** More deadlines in one step of the clock come from a node that runs in a circle. */
const TURNS_MAX = 100_000

export function incarnationOf(number: number): Uint8Array {
  const incarnation = new Uint8Array(16)
  new DataView(incarnation.buffer).setUint32(12, number)
  return incarnation
}

/** Collects what a core writes, chunk by chunk. */
export class Wire {
  buffer = new Uint8Array(65_536)
  offset = 0
  #claimed = 0
  readonly chunks: Uint8Array[] = []
  limitBytes = Number.POSITIVE_INFINITY
  isClosed = false

  get pendingBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    if (this.isClosed) return 'closed'
    if (this.pendingBytes + bytes > this.limitBytes) return 'full'
    if (this.buffer.length < bytes) this.buffer = new Uint8Array(bytes)
    this.#claimed = bytes
    return 'ok'
  }

  commit(bytes: number): void {
    if (bytes > this.#claimed) throw new Error('committed more than was claimed')
    if (bytes > 0) this.chunks.push(this.buffer.slice(0, bytes))
  }
}

export interface Delivered {
  readonly from: bigint
  readonly type: number
  readonly text: string
  readonly extensionKind: number
}

export interface Answered {
  /** The node that the message was for. */
  readonly from: bigint
  readonly sequence: bigint
  readonly resultCode: number
  readonly text: string
}

export interface End {
  readonly host: Host
  readonly connection: number
  readonly wire: Wire
  readonly reader: FrameReader
  peer: End | undefined
  /** When the last that it sent arrives: what follows by that carrier does not arrive before. */
  readonly lastDueMs: Record<CarrierName, number>
  /** Where the core may use shared memory. */
  readonly carriage: FakeCarriage | undefined
  /** A test at the other end instead of a host. */
  far: FarSide | undefined
}

/** The other end of a connection, played by a test. */
export interface FarSide {
  heard(chunk: Uint8Array): void
  closed(how: 'flush' | 'now'): void
}

/** One core with everything that it said. */
export class Host {
  readonly core: NodeCore
  readonly events: CoreEvent[] = []
  readonly effects: Effect[] = []
  readonly messages: Delivered[] = []
  readonly answers: Answered[] = []
  readonly ends = new Map<number, End>()
  readonly listens: string[] = []

  constructor(
    readonly world: World,
    readonly config: CoreConfig,
    ambient: Ambient,
  ) {
    this.core = new NodeCore(config, ambient, {
      message: (data, head) =>
        this.messages.push({
          from: (BigInt(data.fromHi) << 32n) | BigInt(data.fromLo),
          type: head.type,
          text: new TextDecoder().decode(data.buffer.subarray(data.contentStart, data.contentEnd)),
          extensionKind: data.extensionKind,
        }),
      answer: (data, head) =>
        this.answers.push({
          from: (BigInt(data.fromHi) << 32n) | BigInt(data.fromLo),
          sequence: (BigInt(head.sequenceHi) << 32n) | BigInt(head.sequenceLo),
          resultCode: head.resultCode,
          text: new TextDecoder().decode(data.buffer.subarray(data.contentStart, data.contentEnd)),
        }),
    })
  }

  listen(address: string): this {
    this.listens.push(address)
    this.give({ kind: 'listening', address, announced: address })
    return this
  }

  give(input: Input): void {
    this.world.perform(this, this.core.handle(this.world.nowMs, input))
  }

  send(to: bigint, text: string, options: { type?: number; flags?: number } = {}): string {
    const message = this.core.outbound.newMessage()
    message.toHi = Number(to >> 32n)
    message.toLo = Number(to & 0xffff_ffffn)
    message.content = new TextEncoder().encode(text)
    message.type = options.type ?? 0
    message.flags = options.flags ?? 0
    const outcome = this.core.outbound.send(message)
    this.world.settle()
    return outcome
  }

  eventKinds(): string[] {
    return this.events.map((event) => event.kind)
  }
}

/** What is under way on a slow cable: it happens at the other end when it is due. */
interface UnderWay {
  readonly dueMs: number
  readonly arrive: () => void
}

export class World {
  nowMs = 0
  /** How long a cable takes, ms; one that takes nothing carries within the turn. */
  delayMs: (from: Host, to: Host) => number = () => 0
  /** How long a ring beside a cable takes. */
  ringDelayMs: (from: Host, to: Host) => number = () => 0
  readonly #underWay: UnderWay[] = []
  /** How far the calendar has jumped away from the steady clock. */
  wallOffsetMs = 0
  readonly hosts: Host[] = []
  /** Addresses that a test answers itself. */
  readonly answers = new Map<string, (host: Host, connection: number) => void>()
  #settling = false

  host(overrides: Partial<CoreConfig> & { id: bigint }): Host {
    const number = this.hosts.length + 1
    const config: CoreConfig = {
      ...DEFAULT_CONFIG,
      incarnation: incarnationOf(number),
      pid: 1000 + number,
      hostname: 'test-host',
      hashCode: `hash-${number}`,
      ...overrides,
    }
    const ambient: Ambient = {
      primitives: nodePrimitives,
      random: seededRandom(number * 7919),
      wallMs: () => WALL_MS + this.wallOffsetMs + this.nowMs,
    }
    const host = new Host(this, config, ambient)
    this.hosts.push(host)
    return host
  }

  perform(host: Host, effects: readonly Effect[]): void {
    for (const effect of effects) {
      host.effects.push(effect)
      if (effect.kind === 'send') host.ends.get(effect.connection)?.wire.chunks.push(effect.frame)
      else if (effect.kind === 'close') this.#close(host, effect.connection, effect.how)
      else if (effect.kind === 'event') host.events.push(effect.event)
      else if (effect.kind === 'resume') this.#resume(host, effect.connection)
      else if (effect.kind === 'pause') continue
      else this.#dial(host, effect.connection, effect.address)
    }
    this.settle()
  }

  /** What was held back lies in the reader. */
  #resume(host: Host, connection: number): void {
    const end = host.ends.get(connection)
    if (end === undefined) return
    this.#work(end)
    this.#carryWaiting(end)
  }

  #dial(host: Host, connection: number, address: string): void {
    const answer = this.answers.get(address)
    if (answer !== undefined) {
      answer(host, connection)
      return
    }
    const target = this.hosts.find((other) => other.listens.includes(address))
    if (target === undefined) {
      host.give({ kind: 'dial_failed', connection, detail: 'refused' })
      return
    }
    const accepted = target.core.nextConnectionNumber()
    const near = this.end(host, connection)
    const far = this.end(target, accepted)
    near.peer = far
    far.peer = near
    target.give({ kind: 'accepted', connection: accepted, port: portOf(far, address) })
    host.give({ kind: 'dialled', connection, port: portOf(near, address) })
  }

  end(host: Host, connection: number): End {
    const wire = new Wire()
    const end: End = {
      host,
      connection,
      wire,
      reader: new FrameReader(16_384),
      peer: undefined,
      lastDueMs: { socket: 0, ring: 0 },
      carriage: host.config.hostMark ? new FakeCarriage(wire.chunks) : undefined,
      far: undefined,
    }
    host.ends.set(connection, end)
    return end
  }

  #close(host: Host, connection: number, how: 'flush' | 'now'): void {
    const end = host.ends.get(connection)
    if (end === undefined) return
    this.#flush(end)
    end.wire.isClosed = true
    host.ends.delete(connection)
    end.far?.closed(how)
    const peer = end.peer
    if (peer === undefined) return
    // The end of the socket is heard once all is read that the ring holds.
    end.lastDueMs.socket = Math.max(end.lastDueMs.socket, end.lastDueMs.ring)
    this.#later(end, peer, 'socket', () => this.#closed(peer))
  }

  #closed(peer: End): void {
    if (!peer.host.ends.delete(peer.connection)) return
    peer.wire.isClosed = true
    peer.host.give({ kind: 'closed', connection: peer.connection, clean: true })
  }

  #later(from: End, to: End, by: CarrierName, arrive: () => void): void {
    const delayMs = by === 'ring' ? this.ringDelayMs : this.delayMs
    const dueMs = Math.max(this.nowMs + delayMs(from.host, to.host), from.lastDueMs[by])
    from.lastDueMs[by] = dueMs
    if (dueMs <= this.nowMs) arrive()
    else this.#underWay.push({ dueMs, arrive })
  }

  /** Cuts a connection as a broken cable does: both ends hear of it, what was under way is lost. */
  cut(host: Host, connection: number): void {
    const end = host.ends.get(connection)
    if (end === undefined) return
    for (const side of [end, end.peer]) {
      if (side === undefined || !side.host.ends.delete(side.connection)) continue
      side.wire.isClosed = true
      side.host.give({ kind: 'closed', connection: side.connection, clean: false })
    }
  }

  /** From now on nothing crosses, and nobody is told. */
  blackhole(host: Host, connection: number): void {
    const end = host.ends.get(connection)
    if (end?.peer) end.peer.peer = undefined
    if (end) end.peer = undefined
  }

  settle(): void {
    if (this.#settling) return
    this.#settling = true
    for (let moved = true; moved; ) {
      moved = false
      for (const host of this.hosts) {
        for (const end of [...host.ends.values()]) if (this.#flush(end)) moved = true
        if (this.#endTurn(host)) moved = true
      }
    }
    this.#settling = false
  }

  /** What a core puts off to the end of the turn is due now. */
  #endTurn(host: Host): boolean {
    if (host.core.nextDeadlineMs() > this.nowMs) return false
    this.perform(host, host.core.handle(this.nowMs, { kind: 'tick' }))
    return true
  }

  #flush(end: End): boolean {
    const chunks = end.wire.chunks.splice(0)
    const peer = end.peer
    for (const chunk of chunks) {
      const by = end.carriage?.carrierOf(chunk) ?? 'socket'
      if (end.far !== undefined) end.far.heard(chunk)
      else if (peer !== undefined) this.#later(end, peer, by, () => this.#arrived(peer, by, chunk))
    }
    return chunks.length > 0
  }

  #work(end: End): void {
    for (;;) {
      if (end.wire.isClosed) return
      const effects = end.host.core.receive(this.nowMs, end.connection)
      if (effects.length === 0) return
      this.perform(end.host, effects)
    }
  }

  #arrived(end: End, by: CarrierName, chunk: Uint8Array): void {
    const { carriage } = end
    if (carriage !== undefined && carriage.reads !== by) {
      carriage.waiting[by].push(chunk)
      return
    }
    this.carry(end, chunk)
    this.#carryWaiting(end)
  }

  #carryWaiting(end: End): void {
    const { carriage } = end
    if (carriage === undefined) return
    const next = () => carriage.waiting[carriage.reads].shift()
    for (let chunk = next(); chunk !== undefined; chunk = next()) this.carry(end, chunk)
  }

  carry(end: End, chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const space = end.reader.space()
      const bytes = Math.min(space.length, chunk.length - at)
      space.set(chunk.subarray(at, at + bytes))
      end.reader.filled(bytes)
      at += bytes
      this.#work(end)
    }
  }

  /** Moves the clock to each deadline on the way. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let turns = 0; ; turns++) {
      const arrivesMs = Math.min(...this.#underWay.map(({ dueMs }) => dueMs))
      const ticksMs = Math.min(...this.hosts.map((host) => host.core.nextDeadlineMs()))
      if (Math.min(arrivesMs, ticksMs) > untilMs) break
      if (turns > TURNS_MAX) throw new Error('deadlines without end')
      this.nowMs = Math.max(this.nowMs, Math.min(arrivesMs, ticksMs))
      if (arrivesMs <= ticksMs) this.#arrive(arrivesMs)
      else for (const host of this.hosts) host.give({ kind: 'tick' })
    }
    this.nowMs = untilMs
  }

  #arrive(dueMs: number): void {
    const at = this.#underWay.findIndex((one) => one.dueMs === dueMs)
    for (const one of this.#underWay.splice(at, 1)) one.arrive()
    this.settle()
  }
}

export function portOf(end: End, address: string): Port {
  return {
    outlet: end.wire,
    reader: end.reader,
    channel: 'inproc',
    ...(end.carriage && { carriage: end.carriage }),
    localAddress: address,
    remoteAddress: address,
  }
}
