// A relay between two nodes that reads frames, and changes, withholds or adds some of them.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { BodyCursor } from '../../src/wire/body.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'

/** `up`: from who dialled. */
export type Direction = 'up' | 'down'

export interface Passing {
  readonly direction: Direction
  /** `sealed` where it is encrypted. */
  readonly kind: string
  readonly inner: Uint8Array
}

/** The inner messages that go on instead. */
export type Meddle = (passing: Passing) => readonly Uint8Array[]

export class Meddler {
  readonly #server: Server
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  /** The two sides of the newest connection. */
  #towards: Readonly<Record<Direction, Socket>> | undefined
  readonly seen: Passing[] = []
  meddle: Meddle = ({ inner }) => [inner]

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer((near) => this.#relay(near))
  }

  static async to(address: string): Promise<Meddler> {
    const meddler = new Meddler(Number(address.slice(address.lastIndexOf(':') + 1)))
    await new Promise<void>((resolve) => meddler.#server.listen(0, '127.0.0.1', resolve))
    return meddler
  }

  get address(): string {
    const { port } = this.#server.address() as { port: number }
    return `tcp://127.0.0.1:${port}`
  }

  inject(direction: Direction, frame: Uint8Array): void {
    this.#towards?.[direction].write(frame)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #relay(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#port })
    this.#towards = { up: far, down: near }
    this.#pass(near, far, 'up')
    this.#pass(far, near, 'down')
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    const reader = new FrameReader(4 * 1024 * 1024)
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.on('data', (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + reader.space().length)
        reader.space().set(piece)
        reader.filled(piece.length)
        at += piece.length
        while (reader.next() === 'frame') {
          const inner = reader.buffer.slice(reader.start, reader.end)
          const passing = { direction, kind: kindOf(inner), inner }
          this.seen.push(passing)
          for (const message of this.meddle(passing)) to.write(frameOf(message))
        }
      }
    })
  }
}

function kindOf(inner: Uint8Array): string {
  const head = new InnerCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') return 'bad'
  if (head.cryptoAlgorithm !== 0) return 'sealed'
  if (head.compressionType !== 0) return 'packed'
  return new BodyCursor().read(inner, head.blockStart, head.clearBodyEnd())
}
