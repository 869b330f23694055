// Every message that was ever sent, and what became of it: the promises of delivery and of order.

import { joinHalves } from '../../src/core/bus-id.js'
import type { DataCursor } from '../../src/wire/data-cursor.js'
import type { InnerCursor } from '../../src/wire/head.js'
import { RECORD_EXTENSION_BYTES, RECORD_HOP_BYTES } from '../../src/wire/record-header.js'
import type { Life } from './life.js'
import { fail } from './violation.js'
import type { Place, World } from './world.js'

/** Word of a loss has crossed the deepest tree by then, if no id of it flaps. */
const UNSETTLED_MS = 15_000

const FLAG_REQUIRE_RESPONSE = 1
const HEADER_BYTES = 12
const LOOP_CODE = -75

export interface Message {
  readonly number: number
  readonly source: Life
  readonly target: Place
  /** Of this source and target, from 1. */
  readonly sequence: number
  readonly asks: boolean
  readonly bytes: number
  readonly sentAtMs: number
  readonly routeEpoch: number
  /** The places between the two, as the tree was. */
  readonly path: readonly number[]
  /** All places that it or its answer may have come to, as the tree changed on the way. */
  readonly passed: Set<number>
  outcome: 'sent' | 'full' | 'closed' | 'no_route' | 'unsupported' | 'pending'
  isDelivered: boolean
  answer: number | undefined
}

/** What arrived at one life from another. */
interface Pair {
  /** The highest sequence so far by the way it came. */
  readonly byWay: Map<string, number>
  highest: Message | undefined
}

export interface Fates {
  sent: number
  delivered: number
  failed: number
  unknown: number
  /** Of the unknown ones: no link ended, a node dropped it as it should not. */
  dropped: number
  refused: number
}

export class Ledger {
  readonly #world: World
  readonly messages: Message[] = []
  readonly #sequences = new Map<string, number>()
  readonly #pairs = new Map<string, Pair>()
  /** Sent, and neither delivered nor answered. */
  readonly #open = new Set<Message>()

  constructor(world: World) {
    this.#world = world
  }

  send(source: Life, target: Place, options: { asks: boolean; bytes: number }): Message {
    const world = this.#world
    const key = `${source.number}>${target.index}`
    const sequence = (this.#sequences.get(key) ?? 0) + 1
    this.#sequences.set(key, sequence)
    const path = world.path(source.place.index, target.index)
    const message: Message = {
      number: this.messages.length,
      source,
      target,
      sequence,
      asks: options.asks,
      bytes: Math.max(HEADER_BYTES, options.bytes),
      sentAtMs: world.nowMs,
      routeEpoch: world.routeEpoch,
      path,
      // What nobody can name goes up to the root where plain nodes are above.
      passed: new Set(
        world.isTangled
          ? world.places.keys()
          : [...path, ...world.ancestors(source.place.index), ...this.#led(source, target)],
      ),
      outcome: 'pending',
      isDelivered: false,
      answer: undefined,
    }
    this.messages.push(message)
    const flags = options.asks ? FLAG_REQUIRE_RESPONSE : 0
    const content = contentOf(message)
    const sent = source.send(target.id, { type: message.number % 1000, flags, content })
    message.outcome = sent.outcome
    if (sent.outcome === 'sent') {
      source.sent.set(sent.sequence, message)
      this.#open.add(message)
    }
    if (sent.outcome === 'closed') fail(`${source.name} met a closed connection on a link`)
    world.trace(source, 'send', `message ${message.number} to ${target.name}`, sent.outcome)
    return message
  }

  /**
   * Where the tables lead now: until a loss is known, the old way of a target that has moved, and
   * what is on it may be lost with a link that the new way does not have.
   */
  #led(source: Life, target: Place): Set<number> {
    const { places } = this.#world
    const led = new Set<number>()
    let place: Place | undefined = source.place
    let life: Life | undefined = source
    while (place !== undefined && !led.has(place.index)) {
      led.add(place.index)
      const next: bigint | undefined = life?.isAlive ? life.core.route(target.id)?.id : undefined
      place = places.find(({ id }) => id === next)
      life = place?.life
    }
    return led
  }

  delivered(life: Life, data: DataCursor, head: InnerCursor): void {
    const world = this.#world
    const message = this.#messageIn(life, data, head)
    const name = nameOf(message)
    world.trace(life, 'delivered', name)
    if (message.outcome !== 'sent') fail(`${name} was delivered but its send said no`)
    if (message.isDelivered) fail(`${name} was delivered twice, now at ${life.name}`)
    if (message.answer !== undefined && message.answer !== 0) {
      fail(`${name} was delivered at ${life.name} and had failed with ${message.answer}`)
    }
    message.isDelivered = true
    this.#open.delete(message)
    this.#checkOrder(life, message, wayOf(data))
    this.onDelivered(life, message)
  }

  /** The user's handler; it may send. */
  onDelivered: (life: Life, message: Message) => void = () => undefined

  #messageIn(life: Life, data: DataCursor, head: InnerCursor): Message {
    const { buffer, contentStart, contentEnd } = data
    const from = (BigInt(data.fromHi) << 32n) | BigInt(data.fromLo)
    const where = `${life.name} received from 0x${from.toString(16)}`
    if (contentEnd - contentStart < HEADER_BYTES) fail(`${where} what nobody sent`)
    const view = new DataView(buffer.buffer, buffer.byteOffset + contentStart, HEADER_BYTES)
    const message = this.messages[view.getUint32(0)]
    const isWhole =
      message !== undefined &&
      view.getUint32(4) === message.sequence &&
      contentEnd - contentStart === message.bytes &&
      buffer[contentEnd - 1] === contentOf(message).at(-1) &&
      head.type === message.number % 1000
    if (!isWhole) fail(`${where} what nobody sent`)
    if (message.source.place.id !== from) {
      fail(`${where} message ${message.number}, which is from ${message.source.name}`)
    }
    if (message.target !== life.place) fail(`${where} what is for ${message.target.name}`)
    return message
  }

  #checkOrder(life: Life, message: Message, way: string): void {
    const world = this.#world
    const key = `${message.source.number}>${life.number}`
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = { byWay: new Map(), highest: undefined }
      this.#pairs.set(key, pair)
    }
    const before = pair.byWay.get(way) ?? 0
    if (before > message.sequence) {
      fail(`${nameOf(message)} came after number ${before} of its pair, by the same way`)
    }
    pair.byWay.set(way, message.sequence)
    const { highest } = pair
    if (highest === undefined || highest.sequence < message.sequence) pair.highest = message
    else if (message.routeEpoch === world.routeEpoch) {
      fail(`${nameOf(message)} came after ${nameOf(highest)}, and no route had changed`)
    }
  }

  answered(life: Life, data: DataCursor, head: InnerCursor): void {
    const world = this.#world
    const sequence = head.sequenceHi * 0x1_0000_0000 + head.sequenceLo
    const message = life.sent.get(sequence)
    world.trace(life, 'answered', message ? nameOf(message) : sequence, head.resultCode)
    if (message === undefined) {
      // The answer to another life of this id: the bus does not know them apart.
      if (life.place.lives < 2) fail(`${life.name} got the answer to what it never sent`)
      return
    }
    const name = nameOf(message)
    const from = (BigInt(data.fromHi) << 32n) | BigInt(data.fromLo)
    if (from !== message.target.id) {
      if (life.place.lives < 2) fail(`${name} was answered by 0x${from.toString(16)}`)
      return
    }
    const code = head.resultCode
    if (message.answer !== undefined) fail(`${name} was answered twice`)
    if (code === LOOP_CODE && !this.#isUnsettled(message)) {
      fail(`${name} came back to a node that it had passed`)
    }
    if (code === 0 && !message.asks) fail(`${name} was confirmed, but nobody had asked`)
    if (code === 0 && !message.isDelivered) fail(`${name} was confirmed, not delivered`)
    if (code !== 0 && message.isDelivered) fail(`${name} was delivered and failed (${code})`)
    message.answer = code
    this.#open.delete(message)
  }

  /**
   * Where nodes have several parents, word of a loss comes to them by ways of different length:
   * until then one may send up what another sends down to it again.
   */
  #isUnsettled({ sentAtMs }: Message): boolean {
    const { isTangled, places } = this.#world
    const sinceMs = sentAtMs - UNSETTLED_MS
    return isTangled && places.some(({ linkEndedAtMs }) => linkEndedAtMs >= sinceMs)
  }

  /** A place has another parent: what is under way goes on by the new way from wherever it is. */
  moved(index: number): void {
    for (const { passed } of this.#open) {
      if (!passed.has(index)) continue
      for (const from of [...passed]) {
        for (const place of this.#world.path(from, index)) passed.add(place)
      }
    }
  }

  /** Nothing is under way any more: whatever has no fate needs a reason for that. */
  settle(): Fates {
    const fates = { sent: 0, delivered: 0, failed: 0, unknown: 0, dropped: 0, refused: 0 }
    for (const message of this.messages) {
      if (message.outcome !== 'sent') fates.refused++
      else {
        fates.sent++
        fates[this.#fateOf(message)]++
      }
    }
    fates.unknown += fates.dropped
    return fates
  }

  #fateOf(message: Message): 'delivered' | 'failed' | 'unknown' | 'dropped' {
    if (message.isDelivered) return 'delivered'
    if (message.answer !== undefined) return 'failed'
    const passed = [...message.passed].map((index) => this.#world.places[index])
    if (passed.some((place) => (place?.linkEndedAtMs ?? 0) >= message.sentAtMs)) return 'unknown'
    if (passed.some((place) => (place?.droppedAtMs ?? 0) >= message.sentAtMs)) return 'dropped'
    const at = message.sentAtMs.toFixed(3)
    return fail(
      `${nameOf(message)}, sent at ${at} ms, is lost: no answer, and no link on its way ended`,
    )
  }
}

export function nameOf({ number, sequence, source, target }: Message): string {
  return `message ${number} (number ${sequence} from ${source.name} to ${target.name})`
}

function contentOf(message: Message): Uint8Array {
  const content = new Uint8Array(message.bytes).fill(message.number * 7 + 1)
  const view = new DataView(content.buffer)
  view.setUint32(0, message.number)
  view.setUint32(4, message.sequence)
  view.setUint32(8, message.bytes)
  return content
}

/** The nodes that a message says it passed, its sender first, in whatever form it came. */
export function wayOf(data: DataCursor): string {
  const { buffer, routerStart, routerEnd } = data
  if (routerEnd === routerStart) return idsOfRecord(data).join()
  return idsOfFrame(buffer.subarray(routerStart, routerEnd)).join()
}

/** A record names them as words, before what is its own; a cursor has no place for that. */
function idsOfRecord(data: DataCursor): bigint[] {
  const { buffer, contentStart, hasExtension, routerCount } = data
  const hops = Math.max(routerCount - 1, 0)
  const end = contentStart - (hasExtension ? RECORD_EXTENSION_BYTES : 0)
  const bytes = hops * RECORD_HOP_BYTES
  const view = new DataView(buffer.buffer, buffer.byteOffset + end - bytes, bytes)
  const passed = Array.from({ length: hops }, (_, hop) =>
    view.getBigUint64(hop * RECORD_HOP_BYTES, true),
  )
  return [joinHalves(data.fromHi, data.fromLo), ...passed]
}

/** Packed varints. */
function idsOfFrame(bytes: Uint8Array): bigint[] {
  const ids: bigint[] = []
  let id = 0n
  let shift = 0n
  for (const byte of bytes) {
    id |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte >= 0x80) continue
    ids.push(id)
    id = 0n
    shift = 0n
  }
  return ids
}
