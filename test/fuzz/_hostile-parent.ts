// A parent in the hands of a test: real nodes dial it, and it says anything to them.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { controlFrame, registrationOf } from '../node/_raw-peer.js'

const ID = 0x10n

/** One connection that a node dialled. What it says is thrown away. */
class Dialled {
  readonly closed: Promise<unknown>

  constructor(readonly socket: Socket) {
    socket.on('error', () => {})
    socket.resume()
    // An error comes before it: that the node closed is what a test waits for.
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  say(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** As a plain parent answers: without tokens it has nothing to bind. */
  answer(): void {
    this.say(controlFrame({ kind: 'register_rsp', register: registrationOf(ID) }))
  }

  hangUp(): void {
    this.socket.destroy()
  }
}

export class HostileParent {
  readonly id = ID
  readonly #waiting: Dialled[] = []
  #wake: (() => void) | undefined

  private constructor(readonly address: string) {}

  static async listen(t: ExecutionContext): Promise<HostileParent> {
    const server = createServer({ noDelay: true })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const parent = new HostileParent(`tcp://127.0.0.1:${port}`)
    server.on('connection', (socket) => parent.#arrived(new Dialled(socket)))
    t.teardown(() => {
      server.close()
      for (const { socket } of parent.#waiting) socket.destroy()
    })
    return parent
  }

  #arrived(dialled: Dialled): void {
    this.#waiting.push(dialled)
    this.#wake?.()
  }

  /** The next connection that still stands. */
  async dialled(): Promise<Dialled> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next !== undefined && !next.socket.destroyed) return next
      if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
