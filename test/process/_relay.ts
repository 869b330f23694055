// A tcp relay between two nodes: what is dialled here goes on to a target, as the test has it pass.

import { connect, createServer, type Server, type Socket } from 'node:net'

export type Cut = 'reset' | 'close'

type Pair = readonly [near: Socket, far: Socket]

export abstract class Relay {
  readonly #server: Server
  readonly #targetPort: number
  readonly #pairs = new Set<Pair>()
  connections = 0

  /** `target`: the address of a tcp listener of this host. */
  constructor(target: string) {
    this.#targetPort = Number(target.slice(target.lastIndexOf(':') + 1))
    this.#server = createServer((near) => this.#relay(near))
  }

  /** Begins to pass what comes from one end of a connection to the other. */
  protected abstract carry(near: Socket, far: Socket): void

  async listening(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get address(): string {
    const { port } = this.#server.address() as { port: number }
    return `tcp://127.0.0.1:${port}`
  }

  get open(): number {
    return this.#pairs.size
  }

  /** Ends every connection, in the middle of whatever it carries; `far`: the end at the target. */
  cut(near: Cut, far: Cut = near): void {
    for (const pair of this.#pairs) {
      end(pair[0], near)
      end(pair[1], far)
    }
  }

  async close(): Promise<void> {
    this.cut('close')
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #relay(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#targetPort })
    const pair = [near, far] as const
    this.connections++
    this.#pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
    }
    this.carry(near, far)
  }
}

function end(socket: Socket, how: Cut): void {
  if (how === 'reset') socket.resetAndDestroy()
  else socket.destroy()
}
