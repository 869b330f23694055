// The other end of a connection in the hands of a test: it says any message at any moment.

import { type ControlBody, encodeControl, type RegisterData } from '../../src/wire/control.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { headBytes, OutgoingHead, writeHead } from '../../src/wire/head-writer.js'
import { vintBytes, writeVint } from '../../src/wire/vint.js'
import { type DataWords, dataFrame, type Heard, takeApart } from '../_peer-messages.js'
import { type End, type FarSide, type Host, portOf } from './_harness.js'
import { confirmOf } from './_registrations.js'

export { type DataWords, dataFrame, type Heard, takeApart }

export class Stranger implements FarSide {
  readonly #end: End
  readonly #reader = new FrameReader(64 * 1024 * 1024)
  readonly heardMessages: Heard[] = []
  /** What the host answered to the registration that joined. */
  answer: RegisterData | undefined
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
    const said = answer.control?.kind === 'register_rsp' ? answer.control.register : undefined
    this.answer = said
    this.say({ kind: 'handshake_confirm', ...confirmOf(register, said) })
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
