// A question as its handler sees it: who asks, for which service, and how it is answered.

import { BusError } from '../errors.js'
import type { HandlerEntry } from './handler-table.js'
import type { CallName, Question } from './service-protocol.js'

export interface CallReplier {
  reply(call: IncomingCall, value: unknown): void
  refuse(call: IncomingCall, code: string, says: string): void
}

export class IncomingCall {
  /** The node that asks. */
  readonly from: bigint
  /** As the caller named it; empty where it left the service open. */
  readonly app: string
  readonly instance: string
  readonly serviceId: number
  readonly name: CallName
  /** How long the caller waits, in milliseconds, counted from when it asked; 0: not at all. */
  readonly timeoutMs: number
  /** @internal What the answer repeats. */
  readonly life: number
  /** @internal */
  readonly session: number
  /** @internal What answers it; undefined where nothing does. */
  readonly entry: HandlerEntry | undefined
  readonly #replier: CallReplier
  #isAnswered = false
  #hasGone = false
  #gone: AbortController | undefined

  constructor(
    from: bigint,
    question: Question,
    entry: HandlerEntry | undefined,
    replier: CallReplier,
  ) {
    this.from = from
    this.entry = entry
    this.app = question.app
    this.instance = question.instance
    this.serviceId = question.serviceId
    this.name = question.name
    this.timeoutMs = question.timeoutMs
    this.life = question.life
    this.session = question.session
    this.#replier = replier
  }

  /** Whether somebody waits for an answer; what a one-way message returns is dropped. */
  get isCall(): boolean {
    return this.session !== 0
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /**
   * Of a stream: aborts when nobody reads it any more, which a handler that waits for something
   * has to look at. Of a call it never does.
   */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#hasGone) this.#gone.abort()
    return this.#gone.signal
  }

  /** @internal Nobody reads it any more. */
  gaveUp(): void {
    this.#hasGone = true
    this.#gone?.abort()
  }

  /** @internal What it answers is made elsewhere. Throws as `reply` does. */
  answered(): void {
    this.#answer()
  }

  /** Answers before the handler ends. Throws BAD_ARGUMENT where nobody waits any more. */
  reply(value: unknown): void {
    this.#answer()
    this.#replier.reply(this, value)
  }

  /** As throwing an error with that `code` and message. Throws as `reply` does. */
  refuse(code: string, says: string): void {
    this.#answer()
    this.#replier.refuse(this, code, says)
  }

  #answer(): void {
    if (!this.isCall) throw new BusError('BAD_ARGUMENT', 'a one-way message wants no answer')
    if (this.#isAnswered) throw new BusError('BAD_ARGUMENT', 'this call was answered already')
    this.#isAnswered = true
  }
}
