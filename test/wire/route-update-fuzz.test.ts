import test from 'ava'
import { BodyCursor } from '../../src/wire/body.js'
import { treebus } from '../../src/wire/generated/bus.js'
import { REMOVE_REASON } from '../../src/wire/route-messages.js'
import { RouteRecord } from '../../src/wire/route-record.js'
import { RouteUpdateReader } from '../../src/wire/route-update-reader.js'
import { RouteUpdateWriter } from '../../src/wire/route-update-writer.js'
import { mutate } from './_mutate.js'
import { Random, seedOfRun } from './_random.js'
import {
  bytesField,
  joined,
  type Long,
  long,
  misfit,
  numberField,
  randomFields,
  randomId,
  tagOf,
  varint,
} from './_random-messages.js'
import { type Packet, readPacket, type Step } from './_route-packets.js'

const { MessageBody, RouteUpdate } = treebus.wire

// The whole number is shared by the three tests.
const MESSAGES = Math.ceil(Number(process.env.TREEBUS_FUZZ_MESSAGES ?? 60_000) / 3)
const EXACT_MAX = 2n ** 53n - 1n

const json = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'undefined'

const halves = (value: bigint): Long =>
  long({ high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) })

function someId(random: Random): { high: number; low: number } {
  const id = randomId(random)
  return (id.high | id.low) === 0 ? { high: 0, low: 1 } : id
}

function exactNumber(random: Random): number {
  return random.once(2) ? random.bits32() : (random.bits32() & 0x1f_ffff) * 2 ** 32 + random.next()
}

function randomRecord(random: Random): RouteRecord {
  const record = new RouteRecord()
  const id = someId(random)
  const parent = randomId(random)
  record.idHigh = id.high
  record.idLow = id.low
  for (let i = 0; i < 4; i++) record.incarnation[i] = random.bits32()
  record.attach = exactNumber(random)
  record.parentHigh = parent.high
  record.parentLow = parent.low
  record.hops = random.below(256)
  const count = random.once(4) ? random.below(17) : 0
  record.ranges = Array.from({ length: count }, () => ({
    prefix: joined(long(randomId(random))),
    maskBits: random.below(65),
  }))
  return record
}

function referenceRecord(record: RouteRecord): treebus.wire.RouteRecord.$Properties {
  const incarnation = new Uint8Array(16)
  const view = new DataView(incarnation.buffer)
  for (let i = 0; i < 4; i++) view.setUint32(4 * i, record.incarnation[i]!)
  return {
    id: long({ high: record.idHigh, low: record.idLow }),
    incarnation,
    attach: halves(BigInt(record.attach)),
    parent: long({ high: record.parentHigh, low: record.parentLow }),
    hops: record.hops,
    ranges: record.ranges.map(({ prefix, maskBits }) => ({ prefix: halves(prefix), maskBits })),
  }
}

const maybe = <T>(random: Random, value: T): T | undefined => (random.once(3) ? undefined : value)

/** The same packet twice; removals behind the records, as the reference implementation has them. */
function writeBoth(random: Random, writer: RouteUpdateWriter): [Uint8Array, Uint8Array] {
  const records = Array.from({ length: random.below(6) }, () => randomRecord(random))
  const removals = Array.from({ length: random.below(4) }, () => ({
    ...someId(random),
    reason: random.once(3) ? random.bits32() : random.pick(Object.values(REMOVE_REASON)),
  }))
  const sequence = exactNumber(random)
  const snapshotEnd = random.once(2)
  const warming = maybe(random, random.once(2))
  const opaque = maybe(random, random.once(2))
  const ids = Array.from({ length: random.below(65) }, () => someId(random))
  const ancestors = maybe(random, ids)?.map((id) => joined(long(id)))
  writer.begin()
  for (const record of records) writer.add(record)
  for (const { high, low, reason } of removals) writer.remove(high, low, reason)
  const written = writer.finish({ sequence, snapshotEnd, warming, opaque, ancestors })
  const routeUpdate: treebus.wire.RouteUpdate.$Properties = {
    sequence: halves(BigInt(sequence)),
    snapshotEnd,
    ...(warming !== undefined && { warming }),
    ...(opaque !== undefined && { opaque }),
    ...(ancestors && { ancestors: { id: ancestors.map(halves) } }),
    add: records.map(referenceRecord),
    remove: removals.map((removal) => ({ id: long(removal), reason: removal.reason })),
  }
  return [written, MessageBody.encode({ routeUpdate }).finish()]
}

test('route updates written by hand are those that protobufjs writes', (t) => {
  const random = new Random(seedOfRun() + 5)
  const writer = new RouteUpdateWriter(1 << 16)
  const wrong: string[] = []
  for (let i = 0; i < MESSAGES && wrong.length < 5; i++) {
    const [written, reference] = writeBoth(random, writer)
    if (Buffer.compare(written, reference) !== 0) wrong.push(Buffer.from(reference).toString('hex'))
  }
  t.deepEqual(wrong, [])
})

const fixedField = (random: Random, field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([tagOf(random, field, 1), bytes])

const numberOf = (random: Random, limit: number) => ({ high: 0, low: random.below(limit) })

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const keyed = list.map((item) => ({ item, key: random.next() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

function anyRange(random: Random): Buffer {
  const parts = [
    () => numberField(random, 1),
    () => numberField(random, 2, numberOf(random, random.once(30) ? 90 : 65)),
    () => misfit(random, 1),
  ]
  return bytesField(random, 6, randomFields(random, parts))
}

/** Mostly lawful: what a record must have, then whatever else. */
function anyRecord(random: Random): Buffer {
  const parts = [
    () => fixedField(random, 1, random.bytes(8)),
    () => bytesField(random, 2, random.bytes(16)),
    () => numberField(random, 3, numberOf(random, 300)),
    () => fixedField(random, 4, random.bytes(8)),
    () => numberField(random, 5, numberOf(random, random.once(30) ? 300 : 256)),
    () => anyRange(random),
  ]
  const [id, incarnation, ...rest] = parts
  const usual = [id!(), incarnation!(), ...rest.slice(0, 3).map((part) => part())]
  if (random.once(3)) return bytesField(random, 6, Buffer.concat(usual))
  const odd = [
    () => numberField(random, 3),
    () => misfit(random, 2),
    () => numberField(random, 4),
    () => bytesField(random, 2, random.bytes(15 + random.below(3))),
  ]
  if (random.once(40)) return bytesField(random, 6, randomFields(random, [...parts, ...odd]))
  const more = randomFields(random, random.once(8) ? [...parts, ...odd] : parts)
  const needed = random.once(2) ? [usual[0]!, usual[1]!] : usual
  return bytesField(random, 6, Buffer.concat(shuffled(random, [...needed, more])))
}

function anyRemoval(random: Random): Buffer {
  const parts = [
    () => fixedField(random, 1, random.bytes(8)),
    () => numberField(random, 2),
    () => misfit(random, 1),
  ]
  const id = fixedField(random, 1, random.once(50) ? new Uint8Array(8) : random.bytes(8))
  const rest = random.once(2) ? numberField(random, 2) : randomFields(random, parts)
  return bytesField(random, 7, Buffer.concat([id, rest]))
}

function anyAncestors(random: Random): Buffer {
  const parts = [
    () => fixedField(random, 1, random.bytes(8)),
    () => bytesField(random, 1, random.bytes(8 * random.below(random.once(9) ? 65 : 5))),
    () => misfit(random, 1),
    () => numberField(random, 1),
  ]
  return bytesField(random, 5, randomFields(random, parts))
}

function anyUpdate(random: Random): Uint8Array {
  const flag = (field: number) => () => numberField(random, field, numberOf(random, 3))
  const sequence = (): Buffer =>
    Buffer.concat([tagOf(random, 1, 0), varint(random, numberOf(random, 1_000_000), 10)])
  return randomFields(random, [
    () => (random.once(10) ? numberField(random, 1) : sequence()),
    flag(2),
    flag(3),
    flag(4),
    () => anyAncestors(random),
    () => anyRecord(random),
    () => anyRecord(random),
    () => anyRecord(random),
    () => anyRemoval(random),
    () => misfit(random, 6),
  ])
}

function lawfulRecord(wire: treebus.wire.RouteRecord.$Shape): boolean {
  const ranges = wire.ranges ?? []
  return (
    joined(wire.id) !== 0n &&
    wire.incarnation?.length === 16 &&
    joined(wire.attach) <= EXACT_MAX &&
    (wire.hops ?? 0) <= 255 &&
    ranges.length <= 16 &&
    ranges.every(({ maskBits }) => (maskBits ?? 0) <= 64)
  )
}

function addStep(wire: treebus.wire.RouteRecord.$Shape): Step {
  return {
    kind: 'add',
    id: joined(wire.id),
    incarnation: Buffer.from(wire.incarnation ?? []).toString('hex'),
    attach: Number(joined(wire.attach)),
    parent: joined(wire.parent),
    hops: wire.hops ?? 0,
    ranges: (wire.ranges ?? []).map(({ prefix, maskBits }) => ({
      prefix: joined(prefix),
      maskBits: maskBits ?? 0,
    })),
  }
}

/** What the bounds make of the reference's reading. */
function referencePacket(bytes: Uint8Array): Packet | 'malformed' {
  const wire = RouteUpdate.decode(bytes)
  const records = wire.add ?? []
  const removals = wire.remove ?? []
  const ids = wire.ancestors ? (wire.ancestors.id ?? []).map(joined) : undefined
  const fine =
    records.every(lawfulRecord) &&
    removals.every(({ id }) => joined(id) !== 0n) &&
    joined(wire.sequence) <= EXACT_MAX &&
    (ids === undefined || (ids.length <= 64 && !ids.includes(0n)))
  if (!fine) return 'malformed'
  const removed = removals.map(
    ({ id, reason }): Step => ({ kind: 'remove', id: joined(id), reason: reason ?? 0 }),
  )
  return {
    sequence: Number(joined(wire.sequence)),
    snapshotEnd: wire.snapshotEnd ?? false,
    warming: wire.warming ?? undefined,
    opaque: wire.opaque ?? undefined,
    ancestors: ids,
    steps: [...records.map(addStep), ...removed],
  }
}

/** The reference keeps records and removals apart. */
function sorted(packet: Packet | 'malformed'): Packet | 'malformed' {
  if (packet === 'malformed') return packet
  const adds = packet.steps.filter(({ kind }) => kind === 'add')
  const removes = packet.steps.filter(({ kind }) => kind === 'remove')
  return { ...packet, steps: [...adds, ...removes] }
}

test('route updates of any form are read as protobufjs reads them, within the bounds', (t) => {
  const random = new Random(seedOfRun() + 6)
  const reader = new RouteUpdateReader()
  const wrong: string[] = []
  let lawful = 0
  let records = 0
  for (let i = 0; i < MESSAGES && wrong.length < 5; i++) {
    const bytes = anyUpdate(random)
    const home = new Uint8Array(bytes.length + 4).fill(0xff)
    home.set(bytes, 2)
    const found = sorted(readPacket(reader, home, 2, 2 + bytes.length))
    if (json(found) !== json(referencePacket(bytes))) wrong.push(Buffer.from(bytes).toString('hex'))
    if (found !== 'malformed') lawful++
    if (found !== 'malformed') records += found.steps.length
  }
  t.log(`${lawful} of ${MESSAGES} lawful, ${records} records`)
  t.deepEqual(wrong, [])
  t.true(lawful > MESSAGES / 2 && lawful < MESSAGES && records > MESSAGES)
})

/** The member of a packet, alone and in memory whose other bytes are `around`. */
function housed(member: Uint8Array, around: number): Uint8Array {
  const home = new Uint8Array(member.length + 40).fill(around)
  home.set(member, 20)
  return home
}

test('damaged route updates never throw, and what stands around them does not count', (t) => {
  const random = new Random(seedOfRun() + 7)
  const writer = new RouteUpdateWriter(1 << 16)
  const reader = new RouteUpdateReader()
  const cursor = new BodyCursor()
  const wrong: string[] = []
  let malformed = 0
  for (let i = 0; i < MESSAGES && wrong.length < 5; i++) {
    const body = writeBoth(random, writer)[0]
    cursor.read(body, 0, body.length)
    const member = mutate(random, body.subarray(cursor.start, cursor.end))
    try {
      const alone = json(readPacket(reader, member))
      const places = [0x00, 0x32, 0x80, 0xff].map((around) => {
        const home = housed(member, around)
        return json(readPacket(reader, home, 20, 20 + member.length))
      })
      if (alone === '"malformed"') malformed++
      if (places.some((place) => place !== alone)) throw new Error('what stands around it counts')
    } catch (cause) {
      wrong.push(`${Buffer.from(member).toString('hex')}: ${String(cause)}`)
    }
  }
  t.log(`${malformed} of ${MESSAGES} malformed`)
  t.deepEqual(wrong, [])
  t.true(malformed > MESSAGES / 10 && malformed < MESSAGES)
})
