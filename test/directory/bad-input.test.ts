// What may not be stored, as it comes over the wire: written, read again, and judged by a registry.

import test from 'ava'
import { decodeMessage } from '../../src/directory/directory-decode.js'
import { encodeMessage } from '../../src/directory/directory-encode.js'
import type { Registration, ServiceRecord } from '../../src/directory/record.js'
import { RESULT } from '../../src/directory/result-code.js'
import { type Cluster, cluster } from './_cluster.js'
import { madeNode, madeRecord, madeRegistration } from './_made.js'

const SENDER = 0x109n
const TIME_MS = 1_700_000_100_000

type Change = Partial<Record<keyof ServiceRecord, unknown>>

/** What is wrong, the record that has it, the field that is to be named, and what is said of it. */
const RECORDS: readonly (readonly [string, Change, string, RegExp])[] = [
  ['no app', { app: '' }, 'records[0]', /^app is missing$/],
  ['no env', { env: '' }, 'records[0]', /^env is missing$/],
  ['no zone', { zone: '' }, 'records[0]', /^zone is missing$/],
  ['no instance', { instance: '' }, 'records[0]', /^instance is missing$/],
  ['status 0', { status: 0 }, 'records[0].status', /1 or 2/],
  ['status 3', { status: 3 }, 'records[0].status', /1 or 2/],
  ['metadata that is no JSON', { metadata: '{"a":' }, 'records[0].metadata', /JSON/],
  ['metadata that is no object', { metadata: '[1]' }, 'records[0].metadata', /JSON/],
  ['metadata that is nothing', { metadata: '' }, 'records[0].metadata', /JSON/],
  ['a port beyond all ports', { ports: [65_536] }, 'records[0]', /ports/],
  ['a line end in a name', { name: 'a\nb' }, 'records[0]', /name/],
  ['a slash in a key', { app: 'a/b' }, 'records[0]', /slash/],
]

function sent(c: Cluster, registration: Registration): Registration | undefined {
  const message = { kind: 'register', registration, sentTo: [] } as const
  const read = decodeMessage(encodeMessage(message))
  if (read?.kind !== 'register') return undefined
  c.give(0x10n, SENDER, read)
  return read.registration
}

function answerTo(c: Cluster) {
  for (const { to, message } of [...c.sent].reverse()) {
    if (to === SENDER && message.kind === 'register_answer') return message
  }
  return undefined
}

function registryAlone(): Cluster {
  return cluster({ registries: [0x10n], nodes: [0x101n] })
}

for (const [what, change, field, says] of RECORDS) {
  test(`X-35: a registration with ${what} is refused over the wire with its reason, nothing is stored`, (t) => {
    const c = registryAlone()
    const before = c.store(0x10n).hash.value
    const record = { ...madeRecord(SENDER), ...change } as ServiceRecord
    t.not(sent(c, madeRegistration(SENDER, TIME_MS, { records: [record] })), undefined)
    const answer = answerTo(c)
    t.is(answer?.code, RESULT.BAD_REQUEST)
    t.is(answer?.what, field)
    t.regex(answer?.says ?? '', says)
    t.is(c.store(0x10n).hash.value, before)
    t.is(c.store(0x10n).get(SENDER), undefined)
  })
}

test('X-35: a registration of a node without zone is refused over the wire', (t) => {
  const c = registryAlone()
  sent(c, madeRegistration(SENDER, TIME_MS, { node: madeNode(SENDER, { zone: '' }) }))
  t.like(answerTo(c), { code: RESULT.BAD_REQUEST, what: 'node', says: 'has no zone' })
  t.is(c.store(0x10n).get(SENDER), undefined)
})

test('X-68: a registration for another node is refused over the wire, and neither is stored', (t) => {
  const c = registryAlone()
  const before = c.store(0x10n).hash.value
  sent(c, madeRegistration(0x101n, TIME_MS))
  sent(c, madeRegistration(0x10an, TIME_MS))
  t.like(answerTo(c), { code: RESULT.FORBIDDEN, what: 'node.busId' })
  t.is(c.store(0x10n).hash.value, before)
})

for (const [claim, change] of [
  ['id:prod/77', { serviceId: 77 }],
  ['name:prod/lobby', { name: 'lobby' }],
  ['key:', { instance: 'one', app: 'a', zone: 'z1' }],
] as const) {
  test(`000-05: a clash of ${claim} is refused over the wire with its holder, nothing is stored`, (t) => {
    const c = registryAlone()
    const holder = [madeRecord(0x101n, change)]
    const wants = { names: [], types: [] }
    c.world.life(0x101n).give({ kind: 'offer', offer: { records: holder, wants, lease: 'leased' } })
    c.world.run(1_000)
    const before = c.store(0x10n).hash.value
    sent(c, madeRegistration(SENDER, TIME_MS, { records: [madeRecord(SENDER, change)] }))
    const answer = answerTo(c)
    t.is(answer?.code, RESULT.ID_CONFLICT)
    t.is(answer?.holder, 0x101n)
    t.true(answer?.what.startsWith(claim))
    t.is(c.store(0x10n).hash.value, before)
  })
}
