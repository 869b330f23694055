// The other end of a tcp link in the hands of a test: it says any message at any moment.

import { connect, type Socket } from 'node:net'
import { BodyCursor } from '../../src/wire/body.js'
import {
  type ControlBody,
  type ControlKind,
  decodeControlBody,
  encodeControl,
  type RegisterData,
} from '../../src/wire/control.js'
import { encodeData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { DataCursor } from '../../src/wire/data-cursor.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { TestOutlet } from '../wire/_outlet.js'

/** One message from the node, as far as tests look at it. */
export interface Heard {
  readonly kind: string
  readonly sequence: bigint
  readonly resultCode: number
  readonly control: ControlBody | undefined
  readonly from: bigint
  readonly extensionKind: number
  readonly number: bigint
  readonly text: string
}

export interface Words {
  readonly from: bigint
  readonly to: bigint
  readonly text?: string
  readonly extensionKind?: number
  readonly number?: bigint
  readonly sequence?: bigint
  readonly resultCode?: number
  readonly kind?: 'data_req' | 'data_rsp'
}

const low = (id: bigint) => Number(id & 0xffff_ffffn)
const high = (id: bigint) => Number(id >> 32n)
const joined = (highHalf: number, lowHalf: number) => (BigInt(highHalf) << 32n) | BigInt(lowHalf)

export function dataFrame(words: Words): Uint8Array {
  const message = new OutgoingData()
  message.kind = words.kind ?? 'data_req'
  message.toHi = high(words.to)
  message.toLo = low(words.to)
  message.sequenceHi = high(words.sequence ?? 1n)
  message.sequenceLo = low(words.sequence ?? 1n)
  message.resultCode = words.resultCode ?? 0
  message.content = new TextEncoder().encode(words.text ?? '')
  message.extensionKind = words.extensionKind ?? 0
  message.extensionHi = high(words.number ?? 0n)
  message.extensionLo = low(words.number ?? 0n)
  const outlet = new TestOutlet(message.content.length + 4096)
  encodeData(outlet, new SelfId(high(words.from), low(words.from)), message)
  return outlet.takeFrame()
}

export function controlFrame(body: ControlBody, sequence = 1n): Uint8Array {
  return frameOf(encodeControl({ sequence, resultCode: 0, type: 0, sourceId: 0n }, body))
}

/** Without tokens. `life` makes it a registration of our own kind, without it a plain one. */
export function registrationOf(id: bigint, life?: number): RegisterData {
  const announcement = {
    revision: 1,
    capabilities: 0n,
    role: 1,
    incarnation: new Uint8Array(16).fill(life ?? 0),
    attach: 0n,
    expectedId: 0n,
    ranges: [],
    ownAddresses: [],
    bindings: [],
  }
  return {
    id,
    pid: 4_242,
    hostname: 'far-host',
    addresses: [],
    schemes: ['ipv4', 'ipv6', 'unix'],
    compressions: [],
    flags: 0,
    hashCode: 'far-hash',
    ...(life !== undefined && { announcement }),
  }
}

export class RawPeer {
  readonly socket: Socket
  readonly heard: Heard[] = []
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

  sayData(words: Words): void {
    this.say(dataFrame(words))
  }

  /** The next message of that kind which was not taken yet. */
  async hear(kind: string): Promise<Heard> {
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
        this.heard.push(takeApart(buffer.subarray(start, end)))
      }
    }
    this.#wake?.()
  }
}

function takeApart(inner: Uint8Array): Heard {
  const head = new InnerCursor()
  const body = new BodyCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
  const kind = body.read(inner, head.blockStart, head.clearBodyEnd())
  const data = new DataCursor()
  const isData = kind === 'data_req' || kind === 'data_rsp'
  if (isData) data.read(inner, body.start, body.end)
  const isControl = !isData && kind !== 'unknown' && kind !== 'malformed'
  return {
    kind,
    sequence: joined(head.sequenceHi, head.sequenceLo),
    resultCode: head.resultCode,
    control: isControl
      ? decodeControlBody(kind as ControlKind, inner, body.start, body.end)
      : undefined,
    from: joined(data.fromHi, data.fromLo),
    extensionKind: data.extensionKind,
    number: joined(data.extensionHi, data.extensionLo),
    text: isData
      ? new TextDecoder().decode(inner.subarray(data.contentStart, data.contentEnd))
      : '',
  }
}
