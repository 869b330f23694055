// Two siblings that dial each other at once, over cables that a test moves word by word.

import { type Host, World } from './_harness.js'

export const LOW = 0x200n
export const HIGH = 0x300n
export const LOW_ADDRESS = 'ipv4://10.0.0.2:1'
export const HIGH_ADDRESS = 'ipv4://10.0.0.3:1'

/**
 * Both dial, and each connection is a queue of steps that go on one at a time, so that every order
 * of the two registrations and their answers can be tried.
 */
export class Crossing {
  readonly world = new World()
  readonly low: Host
  readonly high: Host
  readonly #cables: { near: [Host, number]; far: [Host, number] }[] = []

  constructor(tokens: readonly Uint8Array[] = []) {
    this.low = this.world.host({ id: LOW, tokens })
    this.high = this.world.host({ id: HIGH, tokens })
    this.#cross(this.low, HIGH_ADDRESS, this.high)
    this.#cross(this.high, LOW_ADDRESS, this.low)
    this.low.give({ kind: 'connect', address: HIGH_ADDRESS, expectedId: HIGH })
    this.high.give({ kind: 'connect', address: LOW_ADDRESS, expectedId: LOW })
  }

  #cross(from: Host, address: string, to: Host): void {
    this.world.answers.set(address, (dialler, connection) => {
      const accepted = to.core.nextConnectionNumber()
      this.#cables.push({ near: [from, connection], far: [to, accepted] })
      this.#lay(dialler, connection, address, 'dialled')
      this.#lay(to, accepted, address, 'accepted')
    })
  }

  #lay(host: Host, connection: number, address: string, kind: 'dialled' | 'accepted'): void {
    const end = this.world.end(host, connection)
    end.far = {
      heard: (chunk) => this.#queueOf(host, connection).push({ chunk }),
      closed: () => this.#queueOf(host, connection).push({ closed: true }),
    }
    const port = {
      outlet: end.wire,
      reader: end.reader,
      channel: 'inproc' as const,
      localAddress: address,
      remoteAddress: address,
    }
    host.give({ kind, connection, port })
  }

  readonly #queues = new Map<string, { chunk?: Uint8Array; closed?: boolean }[]>()

  #queueOf(host: Host, connection: number): { chunk?: Uint8Array; closed?: boolean }[] {
    const key = `${host === this.low ? 'low' : 'high'}:${connection}`
    const queue = this.#queues.get(key) ?? []
    this.#queues.set(key, queue)
    return queue
  }

  /** What one end of a cable sent first arrives at the other; false where nothing waits. */
  step(cable: number, direction: 'out' | 'back'): boolean {
    const found = this.#cables[cable]
    if (found === undefined) return false
    const [from, to] = direction === 'out' ? [found.near, found.far] : [found.far, found.near]
    const item = this.#queueOf(...from).shift()
    if (item === undefined) return false
    const end = to[0].ends.get(to[1])
    if (end === undefined) return true
    if (item.chunk !== undefined) this.world.carry(end, item.chunk)
    else {
      end.wire.isClosed = true
      to[0].ends.delete(to[1])
      to[0].give({ kind: 'closed', connection: to[1], clean: true })
    }
    this.world.settle()
    return true
  }

  finish(): void {
    for (let moved = true; moved; ) {
      moved = false
      for (const cable of [0, 1]) {
        for (const direction of ['out', 'back'] as const) {
          if (this.step(cable, direction)) moved = true
        }
      }
    }
  }
}

/** Cable 0 is the one of the lower id. */
export const STEPS: [number, 'out' | 'back'][] = [
  [0, 'out'],
  [0, 'back'],
  [1, 'out'],
  [1, 'back'],
]
