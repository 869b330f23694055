// One call from its making to its end: its attempts, its signal, and what came of it.

import type { CallFailure, CallOutcome } from './call-outcome.js'
import type { WaitingCall } from './call-table.js'
import { wordsOf } from './call-words.js'
import type { Codec } from './codec.js'
import type { HealthWatch } from './health-watch.js'
import type { AnsweredKind, ServicePort } from './service-port.js'
import { ANSWER_CODE, type Answer, type CallName } from './service-protocol.js'
import type { Destination, Target } from './target.js'

export interface CallRooms {
  readonly port: ServicePort
  readonly health: HealthWatch
  /** Throws BAD_ARGUMENT for what is no bus id. */
  find(target: Target): Destination | CallFailure
}

/** What is called, and how long and how often it is tried. */
export interface CallOrder {
  readonly target: Target
  readonly name: CallName
  readonly payload: Uint8Array
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly retries: number
  readonly isRepeatable: boolean
  readonly response: Codec<unknown>
  readonly kind: AnsweredKind
}

/** It stands in the table of calls itself: there are many, and each object more is felt. */
export class OutgoingCall implements WaitingCall {
  to = 0n
  viaLink = 0
  sequence = 0
  readonly #rooms: CallRooms
  readonly #order: CallOrder
  readonly #done: (outcome: CallOutcome<unknown>) => void
  readonly #dueMs: number
  /** When this attempt began: the clock is read once for each. */
  #nowMs: number
  #found: Destination | undefined
  #session = 0
  #attempts = 0
  #isOver = false
  #abort: (() => void) | undefined

  constructor(rooms: CallRooms, order: CallOrder, done: (outcome: CallOutcome<unknown>) => void) {
    this.#rooms = rooms
    this.#order = order
    this.#done = done
    this.#nowMs = rooms.port.nowMs()
    this.#dueMs = this.#nowMs + order.timeoutMs
  }

  /** Throws what `find` does, before anything has begun. */
  start(): void {
    const { signal } = this.#order
    if (signal?.aborted === true) {
      this.#end(abortedBy(signal))
      return
    }
    this.#attempt()
    if (signal === undefined || this.#isOver) return
    this.#abort = () => this.#giveUp(signal)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  get what(): string {
    return wordsOf(this.#found?.app ?? '', this.#order.name, this.to)
  }

  settle(result: Answer | CallFailure): void {
    this.#session = 0
    const candidate = this.#found?.candidate
    const { kind } = result
    const isAnswered = typeof kind === 'number'
    if (candidate !== undefined && (isAnswered || kind === 'timeout')) {
      this.#rooms.health.ended(candidate, !isAnswered)
    }
    if (isAnswered) this.#ended(outcomeOfAnswer(result as Answer, this.to, this.#order.response))
    else this.#ended(result as CallFailure)
  }

  #attempt(): void {
    const found = this.#rooms.find(this.#order.target)
    if ('kind' in found) {
      this.#ended(found)
      return
    }
    this.#found = found
    this.to = found.to
    const isFirst = this.#attempts === 0
    // Exact, where it can be: what is left over of a sum may be a little more than was put in.
    const timeoutMs = isFirst ? this.#order.timeoutMs : Math.max(1, this.#dueMs - this.#nowMs)
    const limits = { nowMs: this.#nowMs, timeoutMs }
    this.#session = this.#rooms.port.start(this, found, this.#order, limits, this.#order.kind)
  }

  #ended(outcome: CallOutcome<unknown>): void {
    const { isRepeatable, retries } = this.#order
    if (this.#attempts >= retries || !mayRepeat(outcome, isRepeatable)) this.#end(outcome)
    else if (this.#rooms.port.nowMs() >= this.#dueMs) this.#end(outcome)
    else {
      this.#attempts += 1
      // On a turn of its own: failures that come at once must not pile up on the stack.
      queueMicrotask(() => this.#again())
    }
  }

  #again(): void {
    if (this.#isOver) return
    this.#nowMs = this.#rooms.port.nowMs()
    this.#attempt()
  }

  /** What runs elsewhere goes on. */
  #giveUp(signal: AbortSignal): void {
    const failure = abortedBy(signal)
    if (this.#session !== 0) this.#rooms.port.fail(this.#session, failure)
    else this.#end(failure)
  }

  #end(outcome: CallOutcome<unknown>): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#abort) this.#order.signal?.removeEventListener('abort', this.#abort)
    this.#done(outcome)
  }
}

function abortedBy(signal: AbortSignal): CallFailure {
  return { kind: 'aborted', says: 'the caller gave up', cause: signal.reason }
}

function mayRepeat(outcome: CallOutcome<unknown>, isRepeatable: boolean): boolean {
  if (outcome.kind === 'unreachable') return outcome.reason !== 'closed'
  return outcome.kind === 'overloaded' || (isRepeatable && outcome.kind === 'unknown')
}

function outcomeOfAnswer(
  answer: Answer,
  node: bigint,
  codec: Codec<unknown>,
): CallOutcome<unknown> {
  const { reason, says } = answer
  switch (answer.code) {
    case ANSWER_CODE.OK:
      return decodedBy(codec, answer.payload, node)
    case ANSWER_CODE.APPLICATION:
      return { kind: 'application', code: reason, says }
    case ANSWER_CODE.UNKNOWN_CALL:
      return { kind: 'refused', reason: 'unknown_call', says }
    case ANSWER_CODE.UNKNOWN_SERVICE:
      // It has just been withdrawn, and our list is a moment behind.
      return { kind: 'unreachable', reason: 'no_service', says }
    case ANSWER_CODE.OVERLOADED:
      return { kind: 'overloaded', says }
    case ANSWER_CODE.BAD_PAYLOAD:
      return { kind: 'refused', reason: 'bad_payload', says }
    default:
      return { kind: 'bad_answer', says: `${reason}: ${says}` }
  }
}

function decodedBy(codec: Codec<unknown>, payload: Uint8Array, node: bigint): CallOutcome<unknown> {
  try {
    return { kind: 'ok', value: codec.decode(payload), node }
  } catch (cause) {
    return { kind: 'bad_answer', says: 'the answer cannot be read', cause }
  }
}
