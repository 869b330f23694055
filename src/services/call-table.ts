// The calls that wait for an answer: by session, each with its deadline and the way it left by.

import { CallDeadlines } from '../node/call-deadlines.js'
import { CallSlots } from '../node/call-slots.js'
import type { CallFailure } from './call-outcome.js'
import type { Answer } from './service-protocol.js'

/** What waits. `settle` is called exactly once, unless the call is forgotten. */
export interface WaitingCall {
  readonly to: bigint
  /** For messages: what was called. */
  readonly what: string
  /** The link it left by; when that ends, whether it arrived is not known. */
  viaLink: number
  /** Of the message that carries it: a message that comes back names it. */
  sequence: number
  settle(result: Answer | CallFailure): void
}

export class CallTable {
  readonly #open: CallSlots<WaitingCall>
  readonly #deadlines = new CallDeadlines((session) => this.#open.has(session))
  /** Answers that nobody waits for (any more), or that another node sent. */
  lateAnswers = 0

  /** `lastSession`: where counting begins; for tests of its end. */
  constructor(lastSession = 0) {
    this.#open = new CallSlots(lastSession)
  }

  get size(): number {
    return this.#open.size
  }

  nextDeadlineMs(): number {
    return this.#deadlines.nextMs()
  }

  /** The session of the new call: never 0, and never one that is still open. */
  open(call: WaitingCall, dueMs: number): number {
    const session = this.#open.add(call)
    this.#deadlines.set(session, dueMs)
    return session
  }

  /** False, and counted, where no such call waits for an answer of that node. */
  answer(from: bigint, answer: Answer): boolean {
    const call = this.#open.get(answer.session)
    if (call === undefined || call.to !== from) {
      this.lateAnswers += 1
      return false
    }
    this.forget(answer.session)
    call.settle(answer)
    return true
  }

  fail(session: number, failure: CallFailure): boolean {
    const call = this.#open.get(session)
    if (call === undefined) return false
    this.forget(session)
    call.settle(failure)
    return true
  }

  /** It ends without a word to anybody. */
  forget(session: number): boolean {
    const wasOpen = this.#open.delete(session)
    if (wasOpen) this.#deadlines.clear(session)
    return wasOpen
  }

  expire(nowMs: number): void {
    for (;;) {
      const due = this.#deadlines.takeDue(nowMs)
      if (due === 0) return
      const says = `no answer of ${this.#open.get(due)?.what ?? ''} in time`
      this.fail(due, { kind: 'timeout', says })
    }
  }

  /** Nobody is left there to answer. */
  failNode(node: bigint): void {
    this.#failWhere(({ to }) => to === node, lost)
  }

  failVia(link: number): void {
    this.#failWhere(({ viaLink }) => viaLink === link, lost)
  }

  /** The node's routes were cut as a whole: who is not reachable now is gone. */
  failUnreachable(isReachable: (node: bigint) => boolean): void {
    this.#failWhere(({ to }) => !isReachable(to), lost)
  }

  failAll(failure: CallFailure): void {
    this.#failWhere(
      () => true,
      () => failure,
    )
  }

  /** The bus brought it back: it did not arrive. */
  returned(to: bigint, sequence: number, says: string): boolean {
    return this.#failWhere(
      (call) => call.sequence === sequence && call.to === to,
      () => ({ kind: 'unreachable', reason: 'undelivered', says }),
    )
  }

  /** Those that settle may open new calls, which are not meant. */
  #failWhere(
    isMeant: (call: WaitingCall) => boolean,
    failureOf: (call: WaitingCall) => CallFailure,
  ): boolean {
    // Asked for every route that goes: a whole tree of them when a parent is lost.
    if (this.#open.size === 0) return false
    const meant = this.#open.entries().filter(([, call]) => isMeant(call))
    for (const [session, call] of meant) this.fail(session, failureOf(call))
    return meant.length > 0
  }
}

function lost({ what }: WaitingCall): CallFailure {
  return { kind: 'unknown', says: `the way to ${what} ended before the answer` }
}
