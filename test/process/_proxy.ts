// A tcp relay between two nodes, in the hands of a test: it cuts, and it passes bytes in pieces.

import { connect, createServer, type Server, type Socket } from 'node:net'

export type Cut = 'reset' | 'close'

export class CuttingProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  /** Size of the pieces that are passed on, each on a turn of its own; undefined: as they come. */
  pieceBytes: number | undefined
  /** Bytes in that direction go nowhere, and neither end is told. `up`: towards the target. */
  swallows: 'up' | 'down' | undefined
  connections = 0

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((near) => this.#relay(near))
  }

  static async to(address: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(Number(address.slice(address.lastIndexOf(':') + 1)))
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get address(): string {
    const { port } = this.#server.address() as { port: number }
    return `tcp://127.0.0.1:${port}`
  }

  get open(): number {
    return this.#pairs.size
  }

  /** Ends every connection, in the middle of whatever it carries. */
  cut(how: Cut): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        if (how === 'reset') socket.resetAndDestroy()
        else socket.destroy()
      }
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
      void this.#pass(from, to, from === near ? 'up' : 'down')
    }
  }

  async #pass(from: Socket, to: Socket, direction: 'up' | 'down'): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        if (this.swallows === direction) continue
        const step = this.pieceBytes ?? bytes.length
        for (let at = 0; at < bytes.length; at += step)
          await write(to, bytes.subarray(at, at + step))
      }
      to.end()
    } catch {
      to.destroy()
    }
  }
}

/** Resolves when the kernel has it and the loop has turned, so that the reader saw it alone. */
async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : setImmediate(resolve)))
  })
}
