// Streams of replies that run here: opened, asked on, and ended with whoever reads them.

import { BusError } from '../errors.js'
import type { HandlerEntry } from './handler-table.js'
import type { IncomingCall } from './incoming-call.js'
import { isAsyncIterable, ServedStream } from './served-stream.js'
import { readAsk, STREAM_VERB, type StreamAsk, writeBatch } from './stream-messages.js'

/** A reader says that it is there three times within this. */
export const STREAM_SILENCE_MS = 60_000
const SWEEP_MS = 15_000

export interface StreamAnswers {
  /** What was asked for, as it is on the wire. */
  answer(call: IncomingCall, payload: Uint8Array): void
  /** The handler threw: told here and there. */
  threw(call: IncomingCall, error: unknown): void
  /** What was asked is none of ours, or comes too late; the handler has no part in it. */
  refuse(call: IncomingCall, code: string, says: string): void
  /** A stream has ended, or was none. */
  ended(): void
  nowMs(): number
}

const NOTHING = new Uint8Array(0)
const ENDED = 'the stream has ended'

export class StreamDesk {
  readonly #answers: StreamAnswers
  /** By who reads it: node, life and token. */
  readonly #streams = new Map<string, ServedStream>()
  /** Whose handlers have promised one. */
  readonly #opening = new Map<string, IncomingCall>()
  #timer: NodeJS.Timeout | undefined

  constructor(answers: StreamAnswers) {
    this.#answers = answers
  }

  /** Streams whose handlers have not ended. */
  get size(): number {
    return this.#streams.size + this.#opening.size
  }

  /** `entry`: the handler that would open it. */
  asked(call: IncomingCall, payload: Uint8Array, open: (ask: StreamAsk) => void): void {
    const ask = readAsk(payload)
    if (ask === undefined) {
      this.#answers.refuse(call, 'BAD_MESSAGE', 'that asks for nothing of a stream')
      return
    }
    const key = keyOf(call, ask)
    const stream = this.#streams.get(key)
    if (ask.verb === STREAM_VERB.OPEN) {
      if (stream === undefined && !this.#opening.has(key)) open(ask)
      else this.#answers.refuse(call, 'BAD_ARGUMENT', 'the stream is open already')
      return
    }
    if (stream === undefined) {
      if (ask.verb === STREAM_VERB.STOP) this.#giveUp(key)
      this.#answers.refuse(call, 'NOT_FOUND', ENDED)
      return
    }
    stream.heardAtMs = this.#answers.nowMs()
    if (ask.verb === STREAM_VERB.NEXT) this.#next(key, stream, call, ask)
    else {
      if (ask.verb === STREAM_VERB.STOP) this.#end(key, stream)
      this.#answers.answer(call, NOTHING)
    }
  }

  /** `value`: what the handler returned. */
  opened(call: IncomingCall, ask: StreamAsk, entry: HandlerEntry, value: unknown): void {
    if (isAsyncIterable(value)) this.#begin(call, ask, entry, value)
    else void this.#await(call, ask, entry, value)
  }

  async #await(call: IncomingCall, ask: StreamAsk, entry: HandlerEntry, value: unknown) {
    const key = keyOf(call, ask)
    this.#opening.set(key, call)
    try {
      const parts = await value
      if (!isAsyncIterable(parts)) {
        throw new BusError('UNSUPPORTED', `${call.name} answers with one value: it is to be called`)
      }
      if (this.#opening.delete(key)) this.#begin(call, ask, entry, parts)
    } catch (error) {
      // Who gave up meanwhile is not told; the handler's process is.
      this.#opening.delete(key)
      this.#answers.threw(call, error)
    }
    this.#answers.ended()
  }

  #begin(
    call: IncomingCall,
    ask: StreamAsk,
    entry: HandlerEntry,
    parts: AsyncIterable<unknown>,
  ): void {
    const stream = new ServedStream(call, entry, parts)
    const key = keyOf(call, ask)
    stream.heardAtMs = this.#answers.nowMs()
    this.#streams.set(key, stream)
    this.#timer ??= setInterval(() => this.sweep(this.#answers.nowMs()), SWEEP_MS).unref()
    this.#next(key, stream, call, ask)
  }

  #next(key: string, stream: ServedStream, call: IncomingCall, ask: StreamAsk): void {
    if (stream.ask !== undefined) {
      this.#answers.refuse(call, 'BAD_ARGUMENT', 'the stream is being asked already')
      return
    }
    void this.#give(key, stream, call, ask.partsMax)
  }

  async #give(key: string, stream: ServedStream, call: IncomingCall, partsMax: number) {
    stream.ask = call
    try {
      const batch = await stream.batch(partsMax)
      if (stream.isStopped) return
      stream.ask = undefined
      stream.heardAtMs = this.#answers.nowMs()
      if (batch.isDone) this.#forget(key, stream)
      this.#answers.answer(call, writeBatch(batch))
    } catch (error) {
      if (stream.isStopped) return
      stream.ask = undefined
      this.#end(key, stream)
      this.#answers.threw(call, error)
    }
  }

  /** What its handler promises is not wanted any more. */
  #giveUp(key: string): void {
    this.#opening.get(key)?.gaveUp()
    if (this.#opening.delete(key)) this.#answers.ended()
  }

  /** Nobody is left there to read. */
  nodeGone(isGone: (node: bigint) => boolean): void {
    for (const [key, call] of [...this.#opening]) if (isGone(call.from)) this.#giveUp(key)
    for (const [key, stream] of [...this.#streams]) {
      if (isGone(stream.opener.from)) this.#end(key, stream)
    }
  }

  /** Readers that have not been heard for too long. One that waits for a part need say nothing. */
  sweep(nowMs: number): void {
    for (const [key, stream] of [...this.#streams]) {
      const waitMs = stream.ask?.timeoutMs ?? 0
      if (nowMs - stream.heardAtMs > waitMs + STREAM_SILENCE_MS) this.#end(key, stream)
    }
  }

  close(): void {
    this.nodeGone(() => true)
  }

  #end(key: string, stream: ServedStream): void {
    stream.stop()
    if (stream.ask !== undefined) this.#answers.refuse(stream.ask, 'NOT_FOUND', ENDED)
    stream.ask = undefined
    this.#forget(key, stream)
  }

  #forget(key: string, stream: ServedStream): void {
    if (this.#streams.get(key) !== stream) return
    this.#streams.delete(key)
    if (this.#streams.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    this.#answers.ended()
  }
}

function keyOf({ from, life }: IncomingCall, { token }: StreamAsk): string {
  return `${from}:${life}:${token}`
}
