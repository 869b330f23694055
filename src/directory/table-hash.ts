// The hash of a whole table, kept up to date by each change: equal tables have equal hashes.

import type { Registration } from './record.js'

/**
 * The exclusive or of one hash per registration, so order does not count and a change costs one
 * registration. It finds differences between registries that trust each other; it is no signature.
 */
export class TableHash {
  #high = 0
  #low = 0
  #count = 0

  /** Adds the version where it is absent, takes it away where it was added. */
  toggle(version: Registration): void {
    const [high, low] = hashText(contentText(version))
    this.#high ^= high
    this.#low ^= low
    this.#count++
  }

  get value(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)
  }

  /** Grows with every change. */
  get changes(): number {
    return this.#count
  }
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
