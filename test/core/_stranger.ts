// The other end of a connection in the hands of a test: it says any message at any moment.

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
import { headBytes, OutgoingHead, writeHead } from '../../src/wire/head-writer.js'
import { vintBytes, writeVint } from '../../src/wire/vint.js'
import { type End, type FarSide, type Host, portOf, Wire } from './_harness.js'

/** One message that the host sent, taken apart as far as it is in clear. */
export interface Heard {
  readonly kind: string
  readonly sequence: bigint
  readonly resultCode: number
  readonly cryptoAlgorithm: number
  readonly compressionType: number
  readonly control: ControlBody | undefined
  readonly data: HeardData | undefined
  /** As it came, for who can open it. */
  readonly inner: Uint8Array
}

export interface HeardData {
  readonly from: bigint
  readonly to: bigint
  readonly router: number
  readonly text: string
}

export interface DataWords {
  readonly from: bigint
  readonly to: bigint
  readonly text?: string
  readonly kind?: 'data_req' | 'data_rsp'
  readonly flags?: number
  readonly sequence?: number
  readonly type?: number
  readonly resultCode?: number
}

export class Stranger implements FarSide {
  readonly #end: End
  readonly #reader = new FrameReader(64 * 1024 * 1024)
  readonly heardMessages: Heard[] = []
  /** How the host closed the connection; undefined while it is open. */
  closedHow: 'flush' | 'now' | undefined

  constructor(end: End) {
    this.#end = end
    end.far = this
  }

  /** Connects to a host, as if to its listener. */
  static to(host: Host, address = 'ipv4://10.9.9.9:1'): Stranger {
    const connection = host.core.nextConnectionNumber()
    const end = host.world.end(host, connection)
    const stranger = new Stranger(end)
    host.give({ kind: 'accepted', connection, port: portOf(end, address) })
    return stranger
  }

  /** Everybody who is dialled at `address` from now on, in order. */
  static listening(host: Host, address: string): Stranger[] {
    const { world } = host
    const dialled: Stranger[] = []
    world.answers.set(address, (dialler, connection) => {
      const end = world.end(dialler, connection)
      dialled.push(new Stranger(end))
      dialler.give({ kind: 'dialled', connection, port: portOf(end, address) })
    })
    return dialled
  }

  get connection(): number {
    return this.#end.connection
  }

  get isOpen(): boolean {
    return this.closedHow === undefined && !this.#end.wire.isClosed
  }

  heard(chunk: Uint8Array): void {
    const space = this.#reader.space()
    if (space.length < chunk.length) {
      this.heard(chunk.subarray(0, space.length))
      this.heard(chunk.subarray(space.length))
      return
    }
    space.set(chunk)
    this.#reader.filled(chunk.length)
    while (this.#reader.next() === 'frame') {
      const { buffer, start, end } = this.#reader
      this.heardMessages.push(takeApart(buffer.subarray(start, end)))
    }
  }

  closed(how: 'flush' | 'now'): void {
    this.closedHow = how
  }

  kinds(): string[] {
    return this.heardMessages.map((message) => message.kind)
  }

  last(): Heard {
    const message = this.heardMessages.at(-1)
    if (message === undefined) throw new Error('nothing was heard')
    return message
  }

  sayBytes(bytes: Uint8Array): void {
    this.#end.host.world.carry(this.#end, bytes)
    this.#end.host.world.settle()
  }

  /** An inner message in a good frame. */
  sayMessage(inner: Uint8Array): void {
    this.sayBytes(frameOf(inner))
  }

  say(
    body: ControlBody,
    head: { sequence?: bigint; resultCode?: number; type?: number } = {},
  ): void {
    const { sequence = 7n, resultCode = 0, type = 0 } = head
    this.sayMessage(encodeControl({ sequence, resultCode, type, sourceId: 0n }, body))
  }

  /** The same from a node of another protocol version. */
  sayAs(version: number, body: ControlBody): void {
    const inner = encodeControl({ sequence: 7n, resultCode: 0, type: 0, sourceId: 0n }, body)
    // The version is the head's first field: its length byte, its tag, and the number.
    inner[2] = version
    this.sayMessage(inner)
  }

  register(register: RegisterData): Heard {
    this.say({ kind: 'register_req', register })
    return this.last()
  }

  /** Registers and confirms, as C++ clients always do. */
  join(register: RegisterData): this {
    const answer = this.register(register)
    if (answer.resultCode !== 0) throw new Error(`refused with ${answer.resultCode}`)
    this.say({ kind: 'handshake_confirm', sequence: 0n })
    return this
  }

  sayData(words: DataWords): void {
    this.sayBytes(dataFrame(words))
  }

  hangUp(clean = true): void {
    const { host, connection, wire } = this.#end
    wire.isClosed = true
    host.ends.delete(connection)
    host.give({ kind: 'closed', connection, clean })
  }
}

/** A data message from the node `words.from`, with no other hop in its router. */
export function dataFrame(words: DataWords): Uint8Array {
  const message = new OutgoingData()
  message.kind = words.kind ?? 'data_req'
  message.type = words.type ?? 0
  message.toHi = Number(words.to >> 32n)
  message.toLo = Number(words.to & 0xffff_ffffn)
  message.sequenceLo = words.sequence ?? 1
  message.flags = words.flags ?? 0
  message.resultCode = words.resultCode ?? 0
  message.content = new TextEncoder().encode(words.text ?? '')
  const wire = new Wire()
  encodeData(
    wire,
    new SelfId(Number(words.from >> 32n), Number(words.from & 0xffff_ffffn)),
    message,
  )
  const [frame] = wire.chunks
  if (frame === undefined) throw new Error('nothing was encoded')
  return frame
}

export function takeApart(inner: Uint8Array): Heard {
  const head = new InnerCursor()
  const body = new BodyCursor()
  if (head.read(inner, 0, inner.length) !== 'ok') throw new Error('a bad head')
  const inClear = head.cryptoAlgorithm === 0 && head.compressionType === 0
  const kind = inClear ? body.read(inner, head.blockStart, head.clearBodyEnd()) : 'sealed'
  const isData = kind === 'data_req' || kind === 'data_rsp'
  return {
    kind,
    sequence: (BigInt(head.sequenceHi) << 32n) | BigInt(head.sequenceLo),
    resultCode: head.resultCode,
    cryptoAlgorithm: head.cryptoAlgorithm,
    compressionType: head.compressionType,
    control: isControl(kind) ? decodeControlBody(kind, inner, body.start, body.end) : undefined,
    data: isData ? heardData(inner, body) : undefined,
    inner,
  }
}

function isControl(kind: string): kind is ControlKind {
  return CONTROL_KINDS.has(kind)
}

const CONTROL_KINDS: ReadonlySet<string> = new Set<ControlKind>([
  'command_req',
  'command_rsp',
  'register_req',
  'register_rsp',
  'ping',
  'pong',
  'handshake_confirm',
])

function heardData(inner: Uint8Array, body: BodyCursor): HeardData {
  const data = new DataCursor()
  data.read(inner, body.start, body.end)
  return {
    from: (BigInt(data.fromHi) << 32n) | BigInt(data.fromLo),
    to: (BigInt(data.toHi) << 32n) | BigInt(data.toLo),
    router: data.routerCount,
    text: new TextDecoder().decode(inner.subarray(data.contentStart, data.contentEnd)),
  }
}

/** An inner message around any body bytes, with whatever the head is to say of them. */
export function innerOf(
  body: Uint8Array,
  wish: { cryptoAlgorithm?: number; compressionType?: number; bodyBytes?: number } = {},
): Uint8Array {
  const head = new OutgoingHead()
  head.sequenceLo = 9
  head.cryptoAlgorithm = wish.cryptoAlgorithm ?? 0
  head.iv = new Uint8Array(head.cryptoAlgorithm === 0 ? 0 : 12)
  head.compressionType = wish.compressionType ?? 0
  head.compressedBytes = head.compressionType === 0 ? 0 : body.length
  head.bodyBytes = wish.bodyBytes ?? body.length
  const bytes = headBytes(head)
  const inner = new Uint8Array(vintBytes(bytes) + bytes + body.length)
  inner.set(body, writeHead(inner, writeVint(inner, 0, bytes), head))
  return inner
}
