// A relay in the hands of a test: it cuts, it swallows, and it passes bytes in pieces.

import type { Socket } from 'node:net'
import { Relay } from './_relay.js'

export class CuttingProxy extends Relay {
  /** Size of the pieces that are passed on, each on a turn of its own; undefined: as they come. */
  pieceBytes: number | undefined
  /** Bytes in that direction go nowhere, and neither end is told. `up`: towards the target. */
  swallows: 'up' | 'down' | undefined

  static to(address: string): Promise<CuttingProxy> {
    return new CuttingProxy(address).listening()
  }

  protected carry(near: Socket, far: Socket): void {
    void this.#pass(near, far, 'up')
    void this.#pass(far, near, 'down')
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
