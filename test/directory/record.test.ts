import test from 'ava'
import { STAMP_TIME_MAX } from '../../src/directory/hlc.js'
import type { Registration, ServiceRecord, Status } from '../../src/directory/record.js'
import { checkRegistration } from '../../src/directory/record-check.js'
import { RESULT } from '../../src/directory/result-code.js'
import { madeNode, madeRecord, madeRegistration } from './_made.js'

const LONG = 'x'.repeat(129)

test('a lawful registration is accepted, with no service too', (t) => {
  t.is(checkRegistration(madeRegistration(1n, 5)), undefined)
  t.is(checkRegistration(madeRegistration(1n, 5, { records: [] })), undefined)
})

const wrongRecords: ReadonlyArray<readonly [string, Partial<ServiceRecord>, RegExp]> = [
  ['no env', { env: '' }, /env is missing/],
  ['no app', { app: '' }, /app is missing/],
  ['no zone', { zone: '' }, /zone is missing/],
  ['no instance', { instance: '' }, /instance is missing/],
  ['a slash in its key', { instance: 'a/b' }, /slash/],
  ['status 0', { status: 0 as Status }, /1 or 2/],
  ['status 3', { status: 3 as Status }, /1 or 2/],
  ['metadata that is not JSON', { metadata: '{' }, /JSON/],
  ['metadata that is a list', { metadata: '[]' }, /JSON/],
  ['long metadata', { metadata: `{"a":"${'x'.repeat(4096)}"}` }, /too long/],
  ['a long name', { name: LONG }, /name/],
  ['a control character', { color: 'red\n' }, /color/],
  ['a port over 65535', { ports: [65_536] }, /port/],
  ['a broken weight', { weight: 1.5 }, /weight/],
  ['seventeen addresses', { addrs: Array(17).fill('tcp://a:1') }, /addrs/],
  ['nine figures of load', { overload: Array(9).fill(1) }, /overload/],
  ['a negative capacity', { capacity: { total: -1, used: 0 } }, /capacity/],
]

for (const [what, changes, says] of wrongRecords) {
  test(`X-35: a record with ${what} is refused, and the answer says where`, (t) => {
    const records = [madeRecord(1n), madeRecord(2n, changes)]
    const refusal = checkRegistration(madeRegistration(1n, 5, { records }))
    t.is(refusal?.code, RESULT.BAD_REQUEST)
    t.regex(refusal?.what ?? '', /^records\[1\]/)
    t.regex(`${refusal?.what} ${refusal?.says}`, says)
  })
}

const wrongNodes: ReadonlyArray<readonly [string, Partial<Registration>]> = [
  ['no bus id', { node: madeNode(0n) }],
  ['no incarnation', { node: madeNode(1n, { incarnation: '' }) }],
  ['no zone', { node: madeNode(1n, { zone: '' }) }],
  ['65 wants', { node: madeNode(1n, { wants: { names: [], types: Array(65).fill('a') } }) }],
  ['a stamp beyond every clock', { stamp: { time: STAMP_TIME_MAX + 1n, by: 1n } }],
  ['a first registration after its stamp', { registeredAt: STAMP_TIME_MAX }],
  ['257 services', { records: Array.from({ length: 257 }, (_, i) => madeRecord(BigInt(i))) }],
]

for (const [what, changes] of wrongNodes) {
  test(`X-35: a registration with ${what} is refused`, (t) => {
    t.is(checkRegistration(madeRegistration(1n, 5, changes))?.code, RESULT.BAD_REQUEST)
  })
}

const doubled: ReadonlyArray<readonly [string, Partial<ServiceRecord>, string]> = [
  ['key', { instance: 'one' }, 'key:prod/game/z1/one'],
  ['name', { name: 'login' }, 'name:prod/login'],
  ['service id', { serviceId: 7 }, 'id:prod/7'],
]

for (const [what, same, claim] of doubled) {
  test(`000-05 (d), X-39: the same ${what} twice in one registration is refused by name`, (t) => {
    const records = [madeRecord(1n, same), madeRecord(2n, same)]
    const refusal = checkRegistration(madeRegistration(1n, 5, { records }))
    t.is(refusal?.code, RESULT.ID_CONFLICT)
    t.is(refusal?.what, claim)
  })
}
