// Reads one stream of replies: a call opens it, further calls ask for more while it is read.

import { BusError } from '../errors.js'
import { type CallFailure, type CallOutcome, errorOf } from './call-outcome.js'
import type { Codec } from './codec.js'
import type { OutgoingCall } from './outgoing-call.js'
import type { CallName } from './service-protocol.js'
import {
  readBatch,
  STREAM_VERB,
  type StreamBatch,
  type StreamVerb,
  writeAsk,
} from './stream-messages.js'
import type { Target } from './target.js'
import { saysOf } from './thrown-words.js'

/** Parts of one batch. One is read while the next is on its way: so twice as many are ahead. */
export const STREAM_PARTS = 64
/** While nothing is asked for, the handler hears this often that it is still read. */
const KEEP_MS = 20_000

export interface StreamOptions<Request = unknown, Part = unknown> {
  /** The longest wait for the next part, once it is asked for. Default 30,000; 1 to 2^31 - 1. */
  readonly timeoutMs?: number | undefined
  /** Ends the stream with ABORTED, and tells its handler. */
  readonly signal?: AbortSignal | undefined
  readonly request?: Codec<Request> | undefined
  /** Default: JSON. */
  readonly part?: Codec<Part> | undefined
}

/** One ask as a call: to whom, what it carries, and what hears of its end. */
export interface StreamCall {
  readonly target: Target
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly request: Codec<unknown>
  readonly response: Codec<StreamBatch>
}

export interface StreamSource {
  readonly target: Target
  readonly name: CallName
  readonly request: unknown
  readonly token: number
  readonly requestCodec: Codec<unknown>
  readonly partCodec: Codec<unknown>
  readonly options: Pick<StreamOptions, 'timeoutMs' | 'signal'>
}

/** Undefined where the call has ended before it began. Throws BAD_ARGUMENT. */
export type StartStreamCall = (
  call: StreamCall,
  done: (outcome: CallOutcome<StreamBatch>) => void,
) => OutgoingCall | undefined

export async function* readStream(source: StreamSource, start: StartStreamCall) {
  const reader = new StreamReader(source, start)
  const keep = setInterval(() => reader.keep(), KEEP_MS).unref()
  try {
    let asked = reader.open()
    for (;;) {
      const { parts, isDone } = await asked
      if (!isDone) asked = reader.next()
      for (const part of parts) {
        reader.checkAborted()
        yield reader.decoded(part)
      }
      if (!isDone) continue
      reader.isOver = true
      return
    }
  } finally {
    clearInterval(keep)
    reader.stop()
  }
}

class StreamReader {
  readonly #source: StreamSource
  readonly #start: StartStreamCall
  /** That opened it: by whom it was taken. */
  #opening: OutgoingCall | undefined
  #waits = false
  /** Its handler has ended, or has never begun. */
  isOver = false

  constructor(source: StreamSource, start: StartStreamCall) {
    this.#source = source
    this.#start = start
  }

  open(): Promise<StreamBatch> {
    const { requestCodec, request, target } = this.#source
    const open = () => this.#bytes(STREAM_VERB.OPEN, requestCodec.encode(request))
    return this.#ask(target, open)
  }

  next(): Promise<StreamBatch> {
    const asked = this.#ask({ node: this.#node }, () => this.#bytes(STREAM_VERB.NEXT))
    // What is read may be given up before it is looked at.
    asked.catch(() => undefined)
    return asked
  }

  keep(): void {
    if (!this.#waits && this.#opening !== undefined) this.#say(STREAM_VERB.KEEP)
  }

  /** Once it is read no more, for whatever reason. */
  stop(): void {
    if (this.isOver || this.#opening === undefined || this.#node === 0n) return
    this.isOver = true
    this.#say(STREAM_VERB.STOP)
  }

  checkAborted(): void {
    const { signal } = this.#source.options
    if (signal?.aborted !== true) return
    throw errorOf({ kind: 'aborted', says: 'the reader gave up', cause: signal.reason })
  }

  decoded(part: Uint8Array): unknown {
    try {
      return this.#source.partCodec.decode(part)
    } catch (cause) {
      throw errorOf({ kind: 'bad_answer', says: `a part cannot be read: ${saysOf(cause)}`, cause })
    }
  }

  get #node(): bigint {
    return this.#opening?.to ?? 0n
  }

  #ask(target: Target, encode: () => Uint8Array): Promise<StreamBatch> {
    this.#waits = true
    return new Promise((resolve, reject) => {
      const made = this.#start(this.#call(target, encode), (outcome) => {
        this.#waits = false
        if (outcome.kind === 'ok') resolve(outcome.value)
        else reject(this.#failed(outcome))
      })
      this.#opening ??= made
    })
  }

  #call(target: Target, encode: () => Uint8Array): StreamCall {
    const { timeoutMs, signal } = this.#source.options
    return { target, timeoutMs, signal, request: { encode, decode: unread }, response: BATCH }
  }

  #failed(outcome: CallFailure): BusError {
    // The handler's own end, and what never came to one: nobody there has to be told.
    if (outcome.kind === 'application' || outcome.kind === 'refused') this.isOver = true
    return errorOf(outcome)
  }

  /** What becomes of it makes no difference. */
  #say(verb: StreamVerb): void {
    const call = this.#call({ node: this.#node }, () => this.#bytes(verb))
    this.#start({ ...call, timeoutMs: undefined, signal: undefined, response: IGNORED }, () => {})
  }

  #bytes(verb: StreamVerb, request: Uint8Array = NOTHING): Uint8Array {
    const wantsParts = verb === STREAM_VERB.OPEN || verb === STREAM_VERB.NEXT
    const partsMax = wantsParts ? STREAM_PARTS : 0
    return writeAsk({ verb, token: this.#source.token, partsMax, request })
  }
}

const NOTHING = new Uint8Array(0)

const unread = (): undefined => undefined

const BATCH: Codec<StreamBatch> = {
  encode: () => NOTHING,
  decode: (bytes) => {
    const batch = readBatch(bytes, STREAM_PARTS)
    if (batch === undefined) throw new BusError('BAD_MESSAGE', 'that is no batch of a stream')
    return batch
  },
}

const IGNORED: Codec<StreamBatch> = {
  encode: () => NOTHING,
  decode: () => ({ parts: [], isDone: true }),
}
