// A core in each state that a hostile peer can bring it to, with a lawful child beside.

import { type CoreConfig, DEFAULT_SECURITY } from '../../src/core/config.js'
import { CAPABILITY } from '../../src/wire/capabilities.js'
import { type End, type Host, World } from '../core/_harness.js'
import { confirmOf, registrationOf } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { HOST, HOSTILE, type Known, LAWFUL, TOKENS } from './_core-words.js'

const ADDRESS = 'ipv4://10.0.0.1:7000'
const PARENT = 'ipv4://10.0.0.9:7000'

/** Who speaks to the host. */
export interface Mouth {
  readonly isOpen: boolean
  say(bytes: Uint8Array): void
  hangUp(): void
  known(): Known
  /** A frame that the host would take, where the link has keys. */
  sealed?(): Uint8Array | undefined
}

export interface Scene {
  readonly world: World
  readonly host: Host
  readonly lawful: Host
  /** The hostile peer now: the newest connection where it was dialled again. */
  mouth(): Mouth
}

type Wish = Partial<CoreConfig>

function ground(wish: Wish, world = new World()): { world: World; host: Host; lawful: Host } {
  const host = world.host({ id: HOST, tokens: TOKENS, ...wish }).listen(ADDRESS)
  host.give({ kind: 'start' })
  const { security = DEFAULT_SECURITY, tokens = TOKENS } = wish
  const lawful = world.host({ id: LAWFUL, tokens, security, parents: [ADDRESS] })
  lawful.give({ kind: 'start' })
  if (lawful.core.link(HOST) === undefined) throw new Error('the lawful child is not there')
  return { world, host, lawful }
}

function mouthOf(stranger: Stranger): Mouth {
  return {
    get isOpen() {
      return stranger.isOpen
    },
    say: (bytes) => stranger.sayBytes(bytes),
    hangUp: () => stranger.isOpen && stranger.hangUp(),
    known: () => {
      const requestBindings = bindingsHeard(stranger, 'register_req')
      const responseBindings = bindingsHeard(stranger, 'register_rsp')
      return { requestBindings, responseBindings }
    },
  }
}

function bindingsHeard(
  { heardMessages }: Stranger,
  kind: 'register_req' | 'register_rsp',
): readonly Uint8Array[] {
  const said = heardMessages.findLast((message) => message.kind === kind)?.control
  return said?.kind === kind ? (said.register.announcement?.bindings ?? []) : []
}

function accepted(arrive: (stranger: Stranger, host: Host) => void, wish: Wish = {}): Scene {
  const scene = ground(wish)
  const stranger = Stranger.to(scene.host)
  arrive(stranger, scene.host)
  const mouth = mouthOf(stranger)
  return { ...scene, mouth: () => mouth }
}

/** The host has dialled, and dials again. */
function dialled(arrive: (stranger: Stranger) => void, wish: Wish = {}): Scene {
  const world = new World()
  const host = world.host({ id: HOST, tokens: TOKENS, parents: [PARENT], ...wish }).listen(ADDRESS)
  const strangers = Stranger.listening(host, PARENT)
  host.give({ kind: 'start' })
  const lawful = world.host({ id: LAWFUL, tokens: TOKENS, parents: [ADDRESS] })
  lawful.give({ kind: 'start' })
  arrive(strangers[0]!)
  return { world, host, lawful, mouth: () => mouthOf(strangers.at(-1)!) }
}

function answerAsParent(stranger: Stranger): void {
  const { requestBindings } = mouthOf(stranger).known()
  const register = registrationOf({
    id: 0x10n,
    tokens: TOKENS,
    life: 1,
    announcement: { role: 0 },
    requestBindings,
  })
  stranger.say({ kind: 'register_rsp', register })
}

const asChild = { id: HOSTILE, tokens: TOKENS }
const joined = (life?: number) => (stranger: Stranger) => {
  stranger.join(registrationOf({ ...asChild, ...(life !== undefined && { life }) }))
}

/** A real core speaks, with keys; the words come beside its own on the same connection. */
function keyed(): Scene {
  const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
  const scene = ground({ security })
  const { world, host } = scene
  const evil = world.host({ id: HOSTILE, tokens: TOKENS, security, parents: [ADDRESS] })
  evil.give({ kind: 'start' })
  const [near] = evil.ends.values()
  const far = near?.peer
  if (near === undefined || far == null || !host.core.link(HOSTILE)?.encrypted) {
    throw new Error('no keys')
  }
  const mouth: Mouth = {
    get isOpen() {
      return host.ends.get(far.connection) === far
    },
    say: (bytes) => {
      world.carry(far, bytes)
      world.settle()
    },
    hangUp: () => world.cut(host, far.connection),
    known: () => ({ requestBindings: [], responseBindings: [] }),
    sealed: () => sealedBy(evil, near),
  }
  return { ...scene, mouth: () => mouth }
}

/** The same above the host. */
function keyedParent(): Scene {
  const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
  const world = new World()
  const evil = world.host({ id: 0x10n, tokens: TOKENS, security }).listen(PARENT)
  evil.give({ kind: 'start' })
  const scene = ground({ security, parents: [PARENT] }, world)
  const { host } = scene
  if (!host.core.link(0x10n)?.encrypted) throw new Error('no keys')
  const nearNow = () => [...evil.ends.values()].at(-1)
  const mouth: Mouth = {
    get isOpen() {
      const near = nearNow()
      return near?.peer != null && host.ends.get(near.peer.connection) === near.peer
    },
    say: (bytes) => {
      world.carry(nearNow()!.peer!, bytes)
      world.settle()
    },
    hangUp: () => {
      const far = nearNow()?.peer
      if (far != null) world.cut(host, far.connection)
    },
    known: () => ({ requestBindings: [], responseBindings: [] }),
    sealed: () => {
      const near = nearNow()
      return near && sealedBy(evil, near)
    },
  }
  return { ...scene, mouth: () => mouth }
}

/** Both dialled each other; the host's own dial stands, and the mouth is on the other one. */
function yielding(): Scene {
  const scene = ground({})
  const { host } = scene
  const stranger = Stranger.to(host)
  const wish = { ...asChild, life: 1, announcement: { role: 2 } }
  const register = registrationOf(wish)
  const answer = stranger.register(register).control
  const [dialled] = [Stranger.listening(host, PARENT)]
  host.give({ kind: 'connect', address: PARENT, expectedId: HOSTILE })
  const { requestBindings } = mouthOf(dialled[0]!).known()
  const response = registrationOf({ ...wish, announcement: { role: 0 }, requestBindings })
  dialled[0]!.say({ kind: 'register_rsp', register: response })
  const said = answer?.kind === 'register_rsp' ? answer.register : undefined
  stranger.say({ kind: 'handshake_confirm', ...confirmOf(register, said) })
  if (host.ends.size !== 3 || host.core.links().length !== 2) throw new Error('it does not yield')
  const mouth = mouthOf(stranger)
  return { ...scene, mouth: () => mouth }
}

/** Taken off the wire before the host has it. */
function sealedBy(evil: Host, near: End): Uint8Array | undefined {
  const message = evil.core.outbound.newMessage()
  message.toLo = Number(HOST)
  message.content = new TextEncoder().encode('sealed')
  evil.core.outbound.send(message)
  return near.wire.chunks.splice(0)[0]
}

export const SCENES: Readonly<Record<string, () => Scene>> = {
  awaiting: () => accepted(() => {}),
  'awaiting without tokens': () => accepted(() => {}, { tokens: [] }),
  'plain child': () => accepted(joined()),
  'child of ours': () => accepted(joined(1)),
  'child that writes records': () =>
    accepted((stranger) => {
      const announcement = { capabilities: CAPABILITY.RECORDS }
      stranger.join(registrationOf({ ...asChild, life: 1, announcement }))
    }),
  'temporary node': () =>
    accepted((stranger) => stranger.join(registrationOf({ ...asChild, id: 0n }))),
  'child that left': () =>
    accepted((stranger) => {
      joined(1)(stranger)
      stranger.say({ kind: 'leave', code: 0, drains: false })
    }),
  probing: () =>
    accepted((stranger, host) => {
      joined(1)(Stranger.to(host, 'ipv4://10.9.9.8:1'))
      stranger.say({ kind: 'register_req', register: registrationOf({ ...asChild, life: 2 }) })
    }),
  confirming: () =>
    accepted((stranger) => {
      stranger.register(registrationOf({ ...asChild, life: 1 }))
    }),
  dialling: () => dialled(() => {}),
  parent: () => dialled(answerAsParent),
  keyed,
  'keyed parent': keyedParent,
  yielding,
  sibling: () =>
    accepted((stranger) => {
      stranger.join(registrationOf({ ...asChild, life: 1, announcement: { role: 2 } }))
    }),
  'data connection': () =>
    accepted((stranger, host) => {
      joined()(Stranger.to(host, 'ipv4://10.9.9.8:1'))
      joined()(stranger)
    }),
  draining: () =>
    accepted((stranger, host) => {
      joined(1)(stranger)
      host.give({ kind: 'drain' })
    }),
}
