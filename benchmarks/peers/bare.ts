// Bare sockets as one of the peers, where a question asks all of them in the same way.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { dialBare, listenBare } from '../bare/bare-socket.js'
import { newFrame, PREFIX_BYTES, PrefixReader } from '../bare/prefix-reader.js'
import { type FanPeer, numberedPayloads, type Peer, payloadSizes } from './peer.js'

/** Corked from its first write of a turn to the end of it. */
class TurnWriter {
  #corked = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  write(frame: Buffer): void {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      setImmediate(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(frame)
  }
}

function frameOf(payload: Buffer): Buffer {
  const frame = newFrame(payload.length)
  payload.copy(frame, PREFIX_BYTES)
  return frame
}

export const bareFan: FanPeer = {
  async openHub(options) {
    const sockets: Socket[] = []
    const reader = new PrefixReader({ frame: () => {} })
    const accept = (socket: Socket) => void sockets.push(socket)
    const address = await listenBare(options.listen ?? '', () => reader.onread, accept)
    const frame = newFrame(options.payloadBytes ?? 0)
    const isFull = (socket: Socket) => socket.writableNeedDrain
    const send = async (messages: number): Promise<void> => {
      for (const socket of sockets) socket.cork()
      for (let i = 0; i < messages; i++) for (const socket of sockets) socket.write(frame)
      for (const socket of sockets) socket.uncork()
      await Promise.all(sockets.filter(isFull).map((socket) => once(socket, 'drain')))
    }
    return { address, source: () => ({ send }) }
  },
  async openSpoke(options, arrived) {
    const frame = (_memory: Buffer, start: number, end: number): void => arrived(end - start)
    await dialBare(options.dial ?? '', new PrefixReader({ frame }).onread)
  },
}

export const bare: Peer = {
  openSink(options, arrived) {
    const frame = (_memory: Buffer, start: number, end: number): void => arrived(end - start)
    const onread = () => new PrefixReader({ frame }).onread
    return listenBare(options.listen ?? '', onread, () => {})
  },
  async openSource(options) {
    const reader = new PrefixReader({ frame: () => {} })
    const socket = await dialBare(options.dial ?? '', reader.onread)
    const frames = payloadSizes(options).map((bytes) => newFrame(bytes))
    let at = 0
    return {
      send: (messages) => {
        socket.cork()
        for (let i = 0; i < messages; i++) {
          socket.write(frames[at] as Buffer)
          at = at + 1 === frames.length ? 0 : at + 1
        }
        socket.uncork()
        return socket.writableNeedDrain ? once(socket, 'drain') : undefined
      },
    }
  },
  openAnswerer(options, answered) {
    let caller: Socket | undefined
    const reader = new PrefixReader({
      frame: (memory, start, end) => {
        answered()
        // What is read next comes into the same memory.
        caller?.write(Buffer.from(memory.subarray(start - PREFIX_BYTES, end)))
      },
      readEnded: () => {
        caller?.uncork()
        caller?.cork()
      },
    })
    return listenBare(
      options.listen ?? '',
      () => reader.onread,
      (socket) => {
        caller = socket
        socket.cork()
      },
    )
  },
  async openCaller(options, replied) {
    const frames = numberedPayloads(options).map(frameOf)
    const reader = new PrefixReader({
      frame: (memory, start, end) => {
        if (end - start !== options.payloadBytes) throw new Error('not the answer')
        replied(memory.readUInt32LE(start))
      },
    })
    const socket = await dialBare(options.dial ?? '', reader.onread)
    const writer = new TurnWriter(socket)
    return (number) => writer.write(frames[number] as Buffer)
  },
}
