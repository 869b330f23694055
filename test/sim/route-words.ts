// What each link has said of each id: a second account of the learned sets, kept from the frames.

import { BodyCursor } from '../../src/wire/body.js'
import { decodeControlBody } from '../../src/wire/control.js'
import { InnerCursor } from '../../src/wire/head.js'
import type { RouteRecord } from '../../src/wire/route-record.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import { readVint, Vint } from '../../src/wire/vint.js'
import type { End } from './cable.js'
import type { Life, LinkRecord } from './life.js'

/** What a link says of one id. */
export interface Word {
  /** The 16 bytes of the life, as hexadecimal digits. */
  readonly life: string
  readonly attach: number
  readonly parent: bigint
  /** Said in, or after, the snapshot that comes or came last. */
  isConfirmed: boolean
}

/** All that one link has said and not taken back. */
export class Said {
  readonly link: LinkRecord
  words = new Map<bigint, Word>()
  /** What the link before it had said, until it is known whether that goes on. */
  before: Map<bigint, Word> | undefined

  constructor(link: LinkRecord, before: Map<bigint, Word> | undefined) {
    this.link = link
    this.before = before
  }
}

const HASH_BYTES = 4

export class RouteWords {
  readonly #said = new Map<Life, Map<bigint, Said>>()
  /** Words of links that have ended, by the same names: a parent may go on where it was. */
  readonly #ended = new Map<Life, Map<bigint, Map<bigint, Word>>>()
  readonly #head = new InnerCursor()
  readonly #body = new BodyCursor()
  readonly #update = new RouteUpdateReader()

  linkUp(life: Life, link: LinkRecord): void {
    const { id } = link.info
    const before = nested(this.#ended, life).get(id)
    nested(this.#said, life).set(id, new Said(link, before))
  }

  linkDown(life: Life, link: LinkRecord): void {
    const { id } = link.info
    const said = this.#said.get(life)?.get(id)
    if (said === undefined) return
    nested(this.#ended, life).set(id, said.words)
    this.#said.get(life)?.delete(id)
  }

  died(life: Life): void {
    this.#said.delete(life)
    this.#ended.delete(life)
  }

  of(life: Life, neighbour: bigint): Said | undefined {
    return this.#said.get(life)?.get(neighbour)
  }

  all(life: Life): Iterable<Said> {
    return this.#said.get(life)?.values() ?? []
  }

  /** A whole frame was taken in; true where it spoke of routes. */
  heard(life: Life, end: End, frame: Uint8Array): boolean {
    const said = this.#saidOn(life, end)
    if (said === undefined) return false
    const inner = innerOf(frame)
    const kind = inner === undefined ? 'unknown' : this.#kindOf(inner)
    if (inner === undefined) return false
    if (kind === 'subscribe_rsp') this.#answered(said, inner)
    else if (kind === 'route_update') this.#updated(said, inner)
    else return false
    return true
  }

  #saidOn(life: Life, end: End): Said | undefined {
    for (const said of this.all(life)) if (said.link.end === end) return said
    return undefined
  }

  #kindOf(inner: Uint8Array): string {
    const head = this.#head
    if (head.read(inner, 0, inner.length) !== 'ok') return 'unknown'
    if (head.cryptoAlgorithm !== 0 || head.compressionType !== 0) return 'unknown'
    return this.#body.read(inner, head.blockStart, head.clearBodyEnd())
  }

  #answered(said: Said, inner: Uint8Array): void {
    const { start, end } = this.#body
    const answer = decodeControlBody('subscribe_rsp', inner, start, end)
    if (answer?.kind !== 'subscribe_rsp' || answer.subscribed.resultCode !== 0) return
    if (answer.subscribed.mode === 'resume') said.words = said.before ?? said.words
    for (const word of said.words.values()) {
      word.isConfirmed = answer.subscribed.mode === 'resume'
    }
    said.before = undefined
    // Of itself the neighbour spoke when it registered, which is later.
    if (answer.subscribed.mode === 'resume') said.words.delete(said.link.info.id)
  }

  #updated(said: Said, inner: Uint8Array): void {
    const update = this.#update
    const { start, end } = this.#body
    if (update.open(inner, start, end) !== 'ok') return
    for (let step = update.next(); step !== 'end'; step = update.next()) {
      if (step === 'add') add(said, update.record)
      else said.words.delete(joined(update.removedHigh, update.removedLow))
    }
    if (!update.snapshotEnd) return
    for (const [id, { isConfirmed }] of said.words) if (!isConfirmed) said.words.delete(id)
  }
}

function add(said: Said, record: RouteRecord): void {
  const { attach, idHigh, idLow, incarnation, parentHigh, parentLow } = record
  const life = [...incarnation].map((word) => word.toString(16).padStart(8, '0')).join('')
  const parent = joined(parentHigh, parentLow)
  said.words.set(joined(idHigh, idLow), { life, attach, parent, isConfirmed: true })
}

function joined(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

/** What is behind the hash and the length. */
function innerOf(frame: Uint8Array): Uint8Array | undefined {
  const length = new Vint()
  if (readVint(frame, HASH_BYTES, frame.length, length) !== 'ok') return undefined
  return frame.subarray(length.end, length.end + length.value)
}

function nested<K, V>(map: Map<Life, Map<K, V>>, life: Life): Map<K, V> {
  let inner = map.get(life)
  if (inner === undefined) {
    inner = new Map()
    map.set(life, inner)
  }
  return inner
}
