// A tree of pure cores under one clock, all of which talk, and somebody on one of its cables.

import { FrameReader } from '../../src/wire/frame.js'
import { type End, type FarSide, type Host, portOf, World } from '../core/_harness.js'
import { registrationOf, token } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'

export const TOKENS = [token('a token of the tree')]
export const ROOT = 0x1n
export const BRANCH = 0x10n
export const OTHER_BRANCH = 0x20n
export const LEAF = 0x11n
/** Its cable to the branch is in the hands of the test. */
export const TAPPED = 0x12n
export const FAR_LEAF = 0x21n
export const HOSTILE = 0x1fn
const TAP = 'ipv4://10.0.0.99:7000'

const PARENTS: readonly (readonly [bigint, bigint])[] = [
  [BRANCH, ROOT],
  [OTHER_BRANCH, ROOT],
  [LEAF, BRANCH],
  [TAPPED, BRANCH],
  [FAR_LEAF, OTHER_BRANCH],
]

const addressOf = (id: bigint) => `ipv4://10.0.0.${id}:7000`

/** Both halves of a cable: passes on what the test lets through. */
export class Tap {
  /** Frames of the dialler, in order, over all its connections. */
  readonly heard: Uint8Array[] = []
  /** What goes on in the place of a frame of the dialler's. */
  alter: (frame: Uint8Array) => Uint8Array = (frame) => frame

  constructor(
    readonly world: World,
    target: Host,
    address = TAP,
  ) {
    world.answers.set(address, (dialler, connection) => {
      const near = world.end(dialler, connection)
      const number = target.core.nextConnectionNumber()
      const far = world.end(target, number)
      near.far = this.#side(far, true)
      far.far = this.#side(near, false)
      target.give({ kind: 'accepted', connection: number, port: portOf(far, address) })
      dialler.give({ kind: 'dialled', connection, port: portOf(near, address) })
    })
  }

  /** Hears what one end writes, and hands it to the other. */
  #side(to: End, isDialler: boolean): FarSide {
    const reader = new FrameReader(4 * 1024 * 1024)
    return {
      heard: (chunk) => {
        if (!isDialler) {
          this.world.carry(to, chunk)
          return
        }
        reader.space().set(chunk)
        reader.filled(chunk.length)
        this.heard.push(chunk)
        this.world.carry(to, this.alter(chunk))
      },
      closed: () => {
        if (!to.host.ends.delete(to.connection)) return
        to.wire.isClosed = true
        to.host.give({ kind: 'closed', connection: to.connection, clean: true })
      },
    }
  }
}

export class HostileTree {
  readonly world = new World()
  readonly hosts = new Map<bigint, Host>()
  readonly tap: Tap
  sent = 0
  /** Messages between two that did nothing wrong which did not arrive, as `from to`. */
  readonly lost: string[] = []

  constructor() {
    this.#plant(ROOT, [])
    this.#plant(BRANCH, [addressOf(ROOT)])
    this.#plant(OTHER_BRANCH, [addressOf(ROOT)])
    this.#plant(LEAF, [addressOf(BRANCH)])
    this.#plant(FAR_LEAF, [addressOf(OTHER_BRANCH)])
    this.tap = new Tap(this.world, this.at(BRANCH))
    this.#plant(TAPPED, [TAP])
    for (const { core } of this.hosts.values()) {
      for (const [id, parent] of PARENTS) if (id !== core.id) core.topology.update(id, parent)
    }
  }

  at(id: bigint): Host {
    return this.hosts.get(id)!
  }

  #plant(id: bigint, parents: readonly string[]): void {
    const host = this.world.host({ id, parents, tokens: TOKENS }).listen(addressOf(id))
    this.hosts.set(id, host)
    host.give({ kind: 'start' })
  }

  /** Each to each, but for `without`. What arrives is noted at once: the cables have no length. */
  talk(without: readonly bigint[] = []): void {
    const ids = [...this.hosts.keys()].filter((id) => !without.includes(id))
    for (const from of ids) {
      for (const to of ids) if (from !== to) this.#say(from, to)
    }
  }

  #say(from: bigint, to: bigint): void {
    const text = `message ${this.sent++}`
    this.at(from).send(to, text)
    const arrived = this.at(to).messages.filter((message) => message.text === text)
    if (arrived.length !== 1 || arrived[0]?.from !== from) this.lost.push(`${from} ${to}`)
  }

  /** Time passes, and everybody talks all the while. */
  pass(ms: number, without: readonly bigint[] = [], everyMs = 1_000): void {
    for (let left = ms; left > 0; left -= everyMs) {
      this.world.advance(Math.min(left, everyMs))
      this.talk(without)
    }
  }

  /** Links of those that did nothing wrong which ended, as `of to reason`. */
  downs(): string[] {
    return [...this.hosts].flatMap(([id, { events }]) =>
      events.flatMap((event) =>
        event.kind === 'link_down' && event.link.id !== HOSTILE
          ? [`${id} ${event.link.id} ${event.reason}`]
          : [],
      ),
    )
  }

  /** Somebody who holds a token, below the branch. */
  hostileChild(id = HOSTILE, life = 1): Stranger {
    const stranger = Stranger.to(this.at(BRANCH))
    return stranger.join(registrationOf({ id, life, tokens: TOKENS }))
  }
}
