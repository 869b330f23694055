// Cuts registrations into batches of bounded records and bytes.

import { MESSAGE_BOUNDS } from './message-bounds.js'
import type { Registration } from './record.js'

/** Tags, lengths and numbers of one record or node, generously. */
const OVERHEAD_BYTES = 160
const BYTES_PER_CHAR = 3

export function batchesOf(registrations: Iterable<Registration>): Registration[][] {
  const batches: Registration[][] = []
  let current: Registration[] = []
  let records = 0
  let bytes = 0
  for (const registration of registrations) {
    const count = Math.max(1, registration.records.length)
    const size = bytesAtMost(registration)
    const isFull =
      records + count > MESSAGE_BOUNDS.batchRecordsMax ||
      bytes + size > MESSAGE_BOUNDS.batchBytesMax
    if (isFull && current.length > 0) {
      batches.push(current)
      current = []
      records = 0
      bytes = 0
    }
    current.push(registration)
    records += count
    bytes += size
  }
  if (current.length > 0) batches.push(current)
  return batches
}

export function partsOf<T>(
  list: readonly T[],
  most: number = MESSAGE_BOUNDS.batchRecordsMax,
): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < list.length; at += most) parts.push(list.slice(at, at + most))
  return parts
}

/** Registrations are values, and each goes to many watchers: they are measured once. */
const measured = new WeakMap<Registration, number>()

function bytesAtMost(registration: Registration): number {
  const known = measured.get(registration)
  if (known !== undefined) return known
  const bytes = measure(registration)
  measured.set(registration, bytes)
  return bytes
}

/** Text in UTF-8 is longer than its UTF-16 units only where it is not ASCII. */
function measure({ node, records }: Registration): number {
  const { hostId, zone, group, roles, addresses, wants } = node
  let bytes = OVERHEAD_BYTES + textBytes([hostId, zone, group, ...roles, ...addresses])
  bytes += textBytes([...wants.names, ...wants.types])
  for (const record of records) {
    const { env, app, zone: place, instance, name, addrs, version, color, cluster } = record
    const texts = [env, app, place, instance, name, ...addrs, version, color, cluster]
    bytes += OVERHEAD_BYTES + textBytes([...texts, record.metadata, record.adminState])
  }
  return bytes
}

function textBytes(texts: readonly string[]): number {
  let bytes = 0
  for (const text of texts)
    bytes += 2 + (isAscii(text) ? text.length : text.length * BYTES_PER_CHAR)
  return bytes
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}
