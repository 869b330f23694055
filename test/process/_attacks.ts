// What somebody on the way between two nodes tries, who has no token; and what comes of it.

import { BusNode, type BusNodeOptions } from '../../src/index.js'
import { BodyCursor } from '../../src/wire/body.js'
import {
  type ControlBody,
  type ControlKind,
  decodeControlBody,
  encodeControl,
  type RegisterData,
} from '../../src/wire/control.js'
import { frameOf } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { registrationOf } from '../core/_registrations.js'
import { controlFrame, dataFrame } from '../node/_raw-peer.js'
import { type Direction, type Meddle, Meddler } from './_meddler.js'
import { EAGER, LOCAL, until } from './_process-node.js'

const PARENT = 1n
const CHILD = 2n
const MARK = 'injected'
/** AES-128-GCM: lawful, and weaker than what both would choose. */
const WEAKER = 14

const RULES: Partial<BusNodeOptions> = {
  tokens: ['a token'],
  keyExchange: 'x25519',
  encryption: 'required',
}

export interface Attack {
  readonly name: string
  /** On a registration on its way. */
  readonly alter?: (register: RegisterData, kind: ControlKind) => RegisterData
  /** Once both have keys. */
  readonly inject?: (meddler: Meddler) => void
}

export interface Attacked {
  readonly name: string
  /** Words of the attacker's that reached a user. */
  readonly injected: number
  /** Whether the two had a link over the attacker while it altered their registrations. */
  readonly linked: boolean
  /** Faults and refusals that were counted at either end. */
  readonly counted: number
  /** After it stopped they talk, under keys. */
  readonly recovered: boolean
}

const only =
  (which: 'register_req' | 'register_rsp', change: (register: RegisterData) => RegisterData) =>
  (register: RegisterData, kind: ControlKind) =>
    kind === which ? change(register) : register

function weaker(register: RegisterData): RegisterData {
  const { handshake } = register
  return { ...register, ...(handshake && { handshake: { ...handshake, algorithms: [WEAKER] } }) }
}

function withoutKeys({ handshake: _cut, ...rest }: RegisterData): RegisterData {
  return rest
}

function withoutAnnouncement({ announcement: _cut, ...rest }: RegisterData): RegisterData {
  return rest
}

/** A key of the attacker's own in the place of theirs. */
function withOtherKey(register: RegisterData): RegisterData {
  const { handshake } = register
  if (handshake === undefined) return register
  const publicKey = handshake.publicKey.slice()
  publicKey[publicKey.length - 1]! ^= 1
  return { ...register, handshake: { ...handshake, publicKey } }
}

const CHANGES = {
  'a weaker cipher': weaker,
  'no keys': withoutKeys,
  'no announcement': withoutAnnouncement,
  'another key': withOtherKey,
} as const

function alterations(): Attack[] {
  return Object.entries(CHANGES).flatMap(([what, change]) => [
    { name: `${what} in the request`, alter: only('register_req', change) },
    { name: `${what} in the answer`, alter: only('register_rsp', change) },
  ])
}

const ORIGIN = { up: CHILD, down: PARENT } as const
const TARGET = { up: PARENT, down: CHILD } as const

function injections(direction: Direction): Attack[] {
  const from = ORIGIN[direction]
  const to = TARGET[direction]
  const offer = {
    sequence: 0x7fff_ffff_ffffn,
    type: 1,
    kdfs: [1],
    algorithms: [16],
    publicKey: new Uint8Array(32).fill(9),
    ivBytes: 12,
    tagBytes: 16,
  }
  const ping = { timePointUs: 1n, handshake: offer, refreshBindings: [new Uint8Array(32)] }
  const command = { from, args: [new TextEncoder().encode(MARK)] }
  const say = (...frames: Uint8Array[]) => ({
    inject: (meddler: Meddler) => {
      for (const frame of frames) meddler.inject(direction, frame)
    },
  })
  const register = registrationOf({ id: from, life: 7 })
  return [
    { name: `a clear message ${direction}`, ...say(dataFrame({ from, to, text: MARK })) },
    {
      name: `a clear command ${direction}`,
      ...say(controlFrame({ kind: 'command_req', command })),
    },
    { name: `new keys in a ping ${direction}`, ...say(controlFrame({ kind: 'ping', ping })) },
    { name: `new keys in a pong ${direction}`, ...say(controlFrame({ kind: 'pong', ping })) },
    {
      name: `a second registration ${direction}`,
      ...say(controlFrame({ kind: 'register_req', register })),
    },
    {
      name: `noise ${direction}`,
      ...say(frameOf(new Uint8Array(64).fill(0x33)), new Uint8Array(64).fill(0xff)),
    },
  ]
}

export const ATTACKS: readonly Attack[] = [
  ...alterations(),
  ...injections('up'),
  ...injections('down'),
]

function altering(alter: NonNullable<Attack['alter']>): Meddle {
  return ({ kind, inner }) => {
    if (kind !== 'register_req' && kind !== 'register_rsp') return [inner]
    const head = new InnerCursor()
    head.read(inner, 0, inner.length)
    const body = new BodyCursor()
    body.read(inner, head.blockStart, head.clearBodyEnd())
    const control = decodeControlBody(kind, inner, body.start, body.end)
    if (control?.kind !== 'register_req' && control?.kind !== 'register_rsp') return [inner]
    const changed: ControlBody = { kind: control.kind, register: alter(control.register, kind) }
    const words = { sequence: BigInt(head.sequenceLo), resultCode: head.resultCode }
    return [encodeControl({ ...words, type: 0, sourceId: 0n }, changed)]
  }
}

const COUNTED = ['badCiphers', 'badFrames', 'badMessages', 'badStates', 'refusedByUs'] as const

function counted(nodes: readonly BusNode[]): number {
  const all = nodes.flatMap(({ counters }) => COUNTED.map((name) => counters[name] ?? 0))
  return all.reduce((sum, count) => sum + count, 0)
}

async function talks(child: BusNode, word: string): Promise<boolean> {
  await child.ready()
  const { text } = await child.request(PARENT, word, { timeoutMs: 10_000 })
  return text === word && child.peer(PARENT)?.encrypted === true
}

export async function attack({ name, alter, inject }: Attack): Promise<Attacked> {
  const parent = await BusNode.start({ ...RULES, id: PARENT, listen: [LOCAL] })
  const meddler = await Meddler.to(parent.addresses[0]!)
  let linked = false
  let injected = 0
  const child = await BusNode.start(
    { ...RULES, id: CHILD, parent: meddler.address, retry: EAGER },
    (node) => {
      if (alter !== undefined) meddler.meddle = altering(alter)
      node.on('link_up', () => {
        if (alter !== undefined && meddler.meddle !== carry) linked = true
      })
    },
  )
  for (const node of [parent, child]) {
    node.on('message', (message) => {
      if (message.text === MARK) injected++
      if (message.isRequest) message.reply(message.payload)
    })
    node.on('command', (command) => {
      injected++
      command.reply([])
    })
  }
  try {
    if (inject !== undefined) {
      if (!(await talks(child, 'before'))) throw new Error('no keys')
      for (let i = 0; i < 5; i++) {
        inject(meddler)
        await Promise.all([child.confirm(PARENT, `${i}`), settle()]).catch(() => {})
      }
    } else {
      await until(() => linked || counted([parent, child]) > 0)
    }
    meddler.meddle = carry
    const sum = counted([parent, child])
    const recovered = await talks(child, 'after')
    return { name, injected, linked, counted: sum, recovered }
  } finally {
    await Promise.all([child.close({ timeoutMs: 100 }), parent.close({ timeoutMs: 100 })])
    await meddler.close()
  }
}

const carry: Meddle = ({ inner }) => [inner]

/** Turns of the loop for what was written to arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Each sealed message goes its way twice. */
export async function playedAgain(): Promise<{ seen: number; meant: number }> {
  const parent = await BusNode.start({ ...RULES, id: PARENT, listen: [LOCAL] })
  const meddler = await Meddler.to(parent.addresses[0]!)
  const child = await BusNode.start({ ...RULES, id: CHILD, parent: meddler.address })
  let seen = 0
  parent.on('message', () => seen++)
  try {
    await child.ready()
    meddler.meddle = ({ direction, kind, inner }) =>
      direction === 'up' && kind === 'sealed' ? [inner, inner] : [inner]
    const meant = 10
    for (let i = 0; i < meant; i++) child.send(PARENT, `${i}`)
    await child.ping(PARENT)
    return { seen, meant }
  } finally {
    await Promise.all([child.close({ timeoutMs: 100 }), parent.close({ timeoutMs: 100 })])
    await meddler.close()
  }
}
