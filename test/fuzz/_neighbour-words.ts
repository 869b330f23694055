// Words between neighbours of our own kind, with any content: routes, carriers, and farewells.

import { BODY_FIELD } from '../../src/wire/body.js'
import type { ControlBody } from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { innerOf } from '../core/_stranger.js'
import type { Random } from '../wire/_random.js'

const MAKERS: readonly ((random: Random, anyId: () => bigint) => ControlBody)[] = [
  (random) => ({
    kind: 'leave',
    code: random.int32(),
    drains: random.once(2),
    ...(random.once(2) && { yields: true }),
    ...(random.once(2) && { follows: true }),
  }),
  (random) => {
    const resume = { incarnation: sixteen(random), sequence: random.bits32() }
    const subscribe = { detail: random.below(4), recordsMax: random.bits32() }
    return { kind: 'subscribe_req', subscribe: { ...subscribe, ...(random.once(2) && { resume }) } }
  },
  (random, anyId) => ({
    kind: 'subscribe_rsp',
    subscribed: {
      resultCode: random.once(2) ? 0 : random.int32(),
      incarnation: sixteen(random),
      mode: random.pick(['full', 'resume']),
      sequence: random.bits32(),
      total: random.bits32(),
      warming: random.once(2),
      opaque: random.once(2),
      ancestors: Array.from({ length: random.below(70) }, anyId),
    },
  }),
  (random, anyId) => ({
    kind: 'route_refuse',
    refused: { id: anyId(), incarnation: sixteen(random), reason: random.below(6) },
  }),
  () => ({ kind: 'unsubscribe' }),
  (random, anyId) => ({
    kind: 'conn_sync',
    sync: { id: anyId(), incarnation: sixteen(random), addresses: ['ipv4://10.9.9.9:1'] },
  }),
  (random, anyId) => ({
    kind: 'conn_sync_rsp',
    synced: { id: anyId(), resultCode: random.int32() },
  }),
  (random) => ({
    kind: 'ring_offer',
    offer: {
      hostMark: sixteen(random),
      ringBytes: random.bits32() >>> 1,
      nonce: sixteen(random),
      pid: random.below(40_000),
      memoryFd: random.below(100),
      bellFd: random.below(100),
    },
  }),
  (random) => ({
    kind: 'ring_answer',
    answer: random.once(2) ? { refused: 'no' } : { pid: random.below(9), bellFd: 3 },
  }),
  (random) => ({ kind: 'carrier', to: random.pick(['socket', 'ring']) }),
]

const sixteen = (random: Random) => random.bytes(random.once(6) ? random.below(40) : 16)

export function anyNeighbourly(random: Random, anyId: () => bigint): ControlBody {
  return random.pick(MAKERS)(random, anyId)
}

/** Of no type that could be filled in: the member of an update is read by hand. */
export function anyUpdate(random: Random): Uint8Array {
  const bytes = random.bytes(random.below(120))
  const tag = (BODY_FIELD.route_update << 3) | 2
  return frameOf(innerOf(Uint8Array.of((tag & 0x7f) | 0x80, tag >>> 7, bytes.length, ...bytes)))
}
