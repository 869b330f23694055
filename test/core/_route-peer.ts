// A neighbour in the hands of a test that registers lawfully and then says what it likes of routes.

import { BodyCursor } from '../../src/wire/body.js'
import { CAPABILITY } from '../../src/wire/capabilities.js'
import { decodeControlBody, type RegisterData } from '../../src/wire/control.js'
import { InnerCursor } from '../../src/wire/head.js'
import { DETAIL, type SubscribeRequest } from '../../src/wire/route-messages.js'
import { RouteRecord } from '../../src/wire/route-record.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import { type RouteUpdateFlags, RouteUpdateWriter } from '../../src/wire/route-update-writer.js'
import { type Host, incarnationOf } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { innerOf, Stranger } from './_stranger.js'

export interface Said {
  readonly id: bigint
  /** Number of the life; that of the peer's own by default. */
  readonly life?: number
  /** The incarnation itself, of a node that is not in the hands of a test. */
  readonly incarnation?: Uint8Array
  readonly attach?: number
  readonly parent?: bigint
  readonly hops?: number
}

export type Told =
  | { readonly kind: 'add'; readonly id: bigint; readonly attach: number }
  | { readonly kind: 'remove'; readonly id: bigint }

const ROLE = { child: 1, sibling: 2 } as const
const UPDATE_BYTES_MAX = 256 * 1024

export class RoutePeer {
  readonly id: bigint
  readonly #life: number
  readonly stranger: Stranger
  readonly #host: Host
  readonly #writer = new RouteUpdateWriter(UPDATE_BYTES_MAX)
  readonly #record = new RouteRecord()
  #sequence = 0

  constructor(host: Host, stranger: Stranger, { id, life }: { id: bigint; life: number }) {
    this.#host = host
    this.stranger = stranger
    this.id = id
    this.#life = life
  }

  /** Dials the host, and says which role it takes. */
  static dials(host: Host, id: bigint, wish: { role?: keyof typeof ROLE; life?: number } = {}) {
    const { life = Number(id), role = 'child' } = wish
    const capabilities = CAPABILITY.ROUTES
    const announcement = { capabilities, role: ROLE[role], expectedId: host.core.id }
    const stranger = Stranger.to(host).join(registrationOf({ id, life, announcement }))
    host.world.advance(0)
    return new RoutePeer(host, stranger, { id, life })
  }

  /** Is dialled at the address of the host's parent, and takes it. */
  static parent(host: Host, stranger: Stranger, id: bigint, life = Number(id)): RoutePeer {
    stranger.say({ kind: 'register_rsp', register: answerTo(stranger, id, life) })
    host.world.advance(0)
    return new RoutePeer(host, stranger, { id, life })
  }

  get isOpen(): boolean {
    return this.stranger.isOpen
  }

  subscribe(wish: Partial<SubscribeRequest> = {}): this {
    const request = { detail: DETAIL.nodes, recordsMax: 1_000_000, ...wish }
    this.stranger.say({ kind: 'subscribe_req', subscribe: request })
    this.#settle()
    return this
  }

  /** Answers what the host asked for. */
  answer(wish: { mode?: 'full' | 'resume'; warming?: boolean; ancestors?: bigint[] } = {}): this {
    const { ancestors = [], mode = 'full', warming = false } = wish
    const facts = { resultCode: 0, sequence: this.#sequence, total: 0, opaque: false }
    const incarnation = lifeOf(this.#life)
    const response = { ...facts, incarnation, mode, warming, ancestors }
    this.stranger.say({ kind: 'subscribe_rsp', subscribed: response })
    this.#settle()
    return this
  }

  /** Answers with a snapshot of these. */
  tells(...records: Said[]): this {
    return this.answer().update(records, [], { snapshotEnd: true })
  }

  update(
    adds: readonly Said[],
    removes: readonly bigint[] = [],
    flags: Partial<RouteUpdateFlags> = {},
  ) {
    const writer = this.#writer
    writer.begin()
    for (const said of adds) this.#add(said)
    for (const id of removes) writer.remove(Number(id >> 32n), Number(id & 0xffff_ffffn), 4)
    this.#sequence++
    const body = writer.finish({ sequence: this.#sequence, snapshotEnd: false, ...flags })
    this.stranger.sayMessage(innerOf(body))
    this.#settle()
    return this
  }

  #add({ id, attach = 0, hops = 1, life = this.#life, parent = this.id, ...rest }: Said): void {
    const { incarnation = lifeOf(life) } = rest
    const record = this.#record
    record.idHigh = Number(id >> 32n)
    record.idLow = Number(id & 0xffff_ffffn)
    const view = new DataView(incarnation.buffer)
    for (let word = 0; word < 4; word++) record.incarnation[word] = view.getUint32(word * 4)
    record.attach = attach
    record.parentHigh = Number(parent >> 32n)
    record.parentLow = Number(parent & 0xffff_ffffn)
    record.hops = hops
    this.#writer.add(record)
  }

  /** What is due at once is done. */
  #settle(): void {
    this.#host.world.advance(0)
  }

  /** The host's requests so far. */
  requests(): SubscribeRequest[] {
    return this.#bodies('subscribe_req').map(([inner, start, end]) => {
      const body = decodeControlBody('subscribe_req', inner, start, end)
      if (body?.kind !== 'subscribe_req') throw new Error('not a request')
      return body.subscribe
    })
  }

  /** How its requests were answered. */
  results(): number[] {
    return this.#bodies('subscribe_rsp').map(([inner, start, end]) => {
      const body = decodeControlBody('subscribe_rsp', inner, start, end)
      if (body?.kind !== 'subscribe_rsp') throw new Error('not an answer')
      return body.subscribed.resultCode
    })
  }

  /** What of its words was refused: the id and the reason. */
  refusals(): [bigint, number][] {
    return this.#bodies('route_refuse').map(([inner, start, end]) => {
      const body = decodeControlBody('route_refuse', inner, start, end)
      if (body?.kind !== 'route_refuse') throw new Error('not a refusal')
      return [body.refused.id, body.refused.reason]
    })
  }

  /** What it was told of ids, in order. */
  told(): Told[] {
    return this.#bodies('route_update').flatMap(([inner, start, end]) => {
      const reader = new RouteUpdateReader()
      if (reader.open(inner, start, end) !== 'ok') throw new Error('a bad update')
      const told: Told[] = []
      for (let step = reader.next(); step !== 'end'; step = reader.next()) {
        told.push(toldOf(step, reader))
      }
      return told
    })
  }

  #bodies(kind: string): [Uint8Array, number, number][] {
    const found: [Uint8Array, number, number][] = []
    for (const { inner, kind: heard } of this.stranger.heardMessages) {
      if (heard !== kind) continue
      const head = new InnerCursor()
      const body = new BodyCursor()
      head.read(inner, 0, inner.length)
      body.read(inner, head.blockStart, head.clearBodyEnd())
      found.push([inner, body.start, body.end])
    }
    return found
  }
}

function toldOf(step: 'add' | 'remove', reader: RouteUpdateReader): Told {
  const { record, removedHigh, removedLow } = reader
  if (step === 'remove') return { kind: 'remove', id: joined(removedHigh, removedLow) }
  return { kind: 'add', id: joined(record.idHigh, record.idLow), attach: record.attach }
}

function joined(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

function answerTo(stranger: Stranger, id: bigint, life: number): RegisterData {
  const request = stranger.last().control
  const bindings = request?.kind === 'register_req' ? request.register.announcement?.bindings : []
  const announcement = { capabilities: CAPABILITY.ROUTES }
  return registrationOf({ id, life, announcement, ...(bindings && { requestBindings: bindings }) })
}

/** The incarnation that a registration with this number says. */
export function lifeOf(number: number): Uint8Array {
  return incarnationOf(0x1000 + number)
}
