// The hash of a whole table, kept up to date by each change: equal tables have equal hashes.

import type { Registration } from './record.js'

/** A table is compared in so many parts, so that one difference costs a part and not the whole. */
export const BUCKETS = 256

/** Spreads ids over the buckets, near ones too (Fibonacci hashing). */
export function bucketOf(busId: bigint): number {
  return Number(BigInt.asUintN(64, busId * 0x9e37_79b9_7f4a_7c15n) >> 56n)
}

/**
 * For each bucket the exclusive or of one hash per registration: order does not count, and a change
 * costs one registration. It finds differences between registries that trust each other; it is no
 * signature.
 */
export class TableHash {
  readonly #words = new Uint32Array(2 * BUCKETS)
  /** As it is sent, until something changes; who gets it only reads it. */
  #bytes: Uint8Array | undefined

  /** Adds the version where it is absent, takes it away where it was added. */
  toggle(version: Registration): void {
    this.#bytes = undefined
    const [high, low] = hashOf(version)
    const at = 2 * bucketOf(version.node.busId)
    this.#words[at] = (this.#words[at] ?? 0) ^ high
    this.#words[at + 1] = (this.#words[at + 1] ?? 0) ^ low
  }

  /** One hash for each bucket, eight bytes each. */
  bytes(): Uint8Array {
    this.#bytes ??= this.#write()
    return this.#bytes
  }

  #write(): Uint8Array {
    const view = new DataView(new ArrayBuffer(4 * this.#words.length))
    for (let at = 0; at < this.#words.length; at++) view.setUint32(4 * at, this.#words[at] ?? 0)
    return new Uint8Array(view.buffer)
  }

  /** Of the whole table. */
  get value(): bigint {
    const [high, low] = hashText(this.#words.join())
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  }

  /** The buckets whose hashes differ from these. */
  differing(bytes: Uint8Array): Set<number> {
    const different = new Set<number>()
    if (isEqual(bytes, this.bytes())) return different
    const { buffer, byteOffset, byteLength } = bytes
    const view = new DataView(buffer, byteOffset, byteLength)
    for (let at = 0; at < this.#words.length; at++) {
      const isThere = 4 * at + 4 <= byteLength
      if (!isThere || view.getUint32(4 * at) !== this.#words[at]) different.add(at >> 1)
    }
    return different
  }
}

/** Registrations are values, and each is added and taken away again: they are hashed once. */
const hashes = new WeakMap<Registration, readonly [number, number]>()

function hashOf(version: Registration): readonly [number, number] {
  const known = hashes.get(version)
  if (known !== undefined) return known
  const hash = hashText(contentText(version))
  hashes.set(version, hash)
  return hash
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** One text for equal contents, whoever decoded them: every field in its own place. */
function contentText({ node, records, lease, stamp, registeredAt, upAt }: Registration): string {
  const { busId, incarnation, hostId, pid, zone, group, roles, addresses, wants } = node
  const head = [busId, incarnation, hostId, pid, zone, group, stamp.time, stamp.by, lease]
  const lists = [roles, addresses, wants.names, wants.types]
  const services = records.map((record) =>
    Object.keys(record)
      .sort()
      .map((field) => [field, record[field as keyof typeof record]]),
  )
  return JSON.stringify([head.map(String), `${registeredAt} ${upAt}`, lists, services])
}

/** Two multiplicative hashes of 32 bits with a mixing step at their ends (FNV, murmur3). */
function hashText(text: string): [number, number] {
  let high = 0x811c_9dc5
  let low = 0x9747_b28c
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x0100_0193)
    low = Math.imul(low ^ unit, 0x85eb_ca6b) ^ (low >>> 13)
  }
  return [mixed(high), mixed(low ^ high)]
}

function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35)
  return value ^ (value >>> 16)
}
