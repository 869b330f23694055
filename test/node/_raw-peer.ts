// The other end of a tcp link in the hands of a test: it says any message at any moment.

import { connect, type Socket } from 'node:net'
import { type ControlBody, encodeControl, type RegisterData } from '../../src/wire/control.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import {
  type DataWords,
  dataFrame,
  type Heard,
  type HeardData,
  takeApart,
} from '../_peer-messages.js'
import * as registrations from '../core/_registrations.js'

export { dataFrame }

/** One message from the node; what only a data message has is empty for the others. */
export type HeardWords = Heard & HeardData

const NO_DATA: HeardData = {
  from: 0n,
  to: 0n,
  router: 0,
  text: '',
  extensionKind: 0,
  number: 0n,
}

export function controlFrame(body: ControlBody, sequence = 1n): Uint8Array {
  return frameOf(encodeControl({ sequence, resultCode: 0, type: 0, sourceId: 0n }, body))
}

/** Without tokens. `life` makes it a registration of our own kind, without it a plain one. */
export function registrationOf(id: bigint, life?: number): RegisterData {
  return registrations.registrationOf({ id, ...(life !== undefined && { life }) })
}

export class RawPeer {
  readonly socket: Socket
  readonly heard: HeardWords[] = []
  readonly closed: Promise<void>
  readonly #reader = new FrameReader(4 * 1024 * 1024)
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#received(bytes))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  static async connect(address: string): Promise<RawPeer> {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    const socket = connect({ host: '127.0.0.1', port })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawPeer(socket)
  }

  /** Connects and registers, as a child. */
  static async join(address: string, id: bigint, life?: number): Promise<RawPeer> {
    const peer = await RawPeer.connect(address)
    peer.say(controlFrame({ kind: 'register_req', register: registrationOf(id, life) }))
    await peer.hear('register_rsp')
    peer.say(controlFrame({ kind: 'handshake_confirm', sequence: 0n }))
    return peer
  }

  say(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  sayData(words: DataWords): void {
    this.say(dataFrame(words))
  }

  /** The next message of that kind which was not taken yet. */
  async hear(kind: string): Promise<HeardWords> {
    for (;;) {
      const index = this.heard.findIndex((message) => message.kind === kind)
      if (index >= 0) return this.heard.splice(index, 1)[0]!
      if (this.socket.destroyed) throw new Error(`closed before a ${kind} came`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.socket.once('close', () => resolve())
      })
    }
  }

  hangUp(): void {
    this.socket.destroy()
  }

  #received(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.#reader.space().length)
      this.#reader.space().set(piece)
      this.#reader.filled(piece.length)
      at += piece.length
      while (this.#reader.next() === 'frame') {
        const { buffer, start, end } = this.#reader
        const heard = takeApart(buffer.subarray(start, end))
        this.heard.push({ ...heard, ...(heard.data ?? NO_DATA) })
      }
    }
    this.#wake?.()
  }
}
