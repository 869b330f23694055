// Answers what others ask of this process: finds the handler, runs it, sends what came of it.

import { BusError } from '../errors.js'
import type { HandlerEntry, HandlerTable } from './handler-table.js'
import { type CallReplier, IncomingCall } from './incoming-call.js'
import { isAsyncIterable } from './served-stream.js'
import type { ServicePort } from './service-port.js'
import {
  ANSWER_CODE,
  type Answer,
  type AnswerCode,
  type CallName,
  type Question,
  SERVICE_KIND,
} from './service-protocol.js'
import { StreamDesk } from './stream-desk.js'
import type { StreamAsk } from './stream-messages.js'
import { codeOf, saysOf } from './thrown-words.js'

/** A handler threw, answered twice, or its answer could not be sent. The node goes on. */
export interface HandlerFailed {
  readonly from: bigint
  readonly app: string
  readonly name: CallName
  readonly error: unknown
}

export interface ServiceDeskSetup {
  readonly port: () => ServicePort
  readonly handlers: HandlerTable
  /** Whether a question is for a service that runs here. */
  readonly isHere: (question: Question) => boolean
  /** Over so many that are not answered yet, calls are refused as overloaded. */
  readonly runningMax: number
  readonly onQuestion: (question: Question) => void
  readonly onFailed: (failed: HandlerFailed) => void
  /** No call is being worked on any more. */
  readonly onIdle: () => void
}

const NOTHING = new Uint8Array(0)

export class ServiceDesk implements CallReplier {
  readonly #setup: ServiceDeskSetup
  /** Answers that met a full connection. Bounded with what runs: their calls count as such. */
  readonly #held: { readonly to: bigint; readonly answer: Answer }[] = []
  readonly #streams: StreamDesk
  #running = 0

  constructor(setup: ServiceDeskSetup) {
    this.#setup = setup
    this.#streams = new StreamDesk({
      answer: (call, payload) => {
        call.answered()
        this.#send(call, resultOf(call, payload))
      },
      threw: (call, error) => this.#threw(call, error),
      refuse: (call, code, says) => this.#fail(call, ANSWER_CODE.APPLICATION, code, says),
      ended: () => this.#checkIdle(),
      nowMs: () => setup.port().nowMs(),
    })
  }

  /** Handlers of calls, messages and streams that have not ended, and answers that wait. */
  get running(): number {
    return this.#running + this.#held.length + this.#streams.size
  }

  question(from: bigint, question: Question): void {
    const { handlers, isHere, onQuestion, runningMax } = this.#setup
    const entry = handlers.find(question.app, question.name)
    const call = new IncomingCall(from, question, entry, this)
    if (!isHere(question)) {
      const says = `${question.app} ${question.instance} does not run here`
      this.#fail(call, ANSWER_CODE.UNKNOWN_SERVICE, 'UNKNOWN_SERVICE', says)
    } else if (question.kind === SERVICE_KIND.PROBE) {
      this.#send(call, resultOf(call, NOTHING))
    } else if (question.kind === SERVICE_KIND.STREAM) {
      this.#streams.asked(call, question.payload, (ask) => this.#open(question, call, ask))
    } else if (this.running >= runningMax) {
      this.#overloaded(call)
    } else {
      onQuestion(question)
      this.#dispatch(call, question.payload, entry)
    }
  }

  #overloaded(call: IncomingCall): void {
    const says = `${this.running} calls are being worked on`
    this.#fail(call, ANSWER_CODE.OVERLOADED, 'OVERLOADED', says)
  }

  #open(question: Question, call: IncomingCall, ask: StreamAsk): void {
    if (this.running >= this.#setup.runningMax) {
      this.#overloaded(call)
      return
    }
    this.#setup.onQuestion(question)
    this.#dispatch(call, ask.request, call.entry, ask)
  }

  /** `ask`: it is to be a stream. */
  #dispatch(
    call: IncomingCall,
    payload: Uint8Array,
    entry: HandlerEntry | undefined,
    ask?: StreamAsk,
  ): void {
    if (entry === undefined) {
      const says = `${call.name} has no handler here`
      this.#fail(call, ANSWER_CODE.UNKNOWN_CALL, 'UNKNOWN_CALL', says)
      if (!call.isCall) this.#failed(call, new BusError('UNSUPPORTED', says))
      return
    }
    let request: unknown
    try {
      request = entry.request.decode(payload)
    } catch (error) {
      this.#fail(call, ANSWER_CODE.BAD_PAYLOAD, 'BAD_PAYLOAD', saysOf(error))
      this.#failed(call, error)
      return
    }
    if (ask !== undefined) {
      this.#stream(call, entry, request, ask)
      return
    }
    this.#running += 1
    this.#run(call, entry, request)
  }

  #stream(call: IncomingCall, entry: HandlerEntry, request: unknown, ask: StreamAsk): void {
    try {
      this.#streams.opened(call, ask, entry, entry.handler(request, call))
    } catch (error) {
      this.#threw(call, error)
    }
  }

  /** What is at hand is answered at once: a promise for it would cost more than the answer. */
  #run(call: IncomingCall, entry: HandlerEntry, request: unknown): void {
    try {
      const value = entry.handler(request, call)
      if (isPromiseLike(value)) {
        void this.#await(call, value)
        return
      }
      this.#returned(call, value)
    } catch (error) {
      this.#threw(call, error)
    }
    this.#ended()
  }

  async #await(call: IncomingCall, value: PromiseLike<unknown>): Promise<void> {
    try {
      this.#returned(call, await value)
    } catch (error) {
      this.#threw(call, error)
    }
    this.#ended()
  }

  #returned(call: IncomingCall, value: unknown): void {
    if (isAsyncIterable(value)) {
      throw new BusError('UNSUPPORTED', `${call.name} answers by a stream: it is to be read`)
    }
    if (!call.isCall) return
    if (!call.isAnswered) call.reply(value)
    else if (value !== undefined) {
      throw new BusError('BAD_ARGUMENT', 'the handler replied and returned an answer as well')
    }
  }

  #ended(): void {
    this.#running -= 1
    this.#checkIdle()
  }

  #threw(call: IncomingCall, error: unknown): void {
    this.#failed(call, error)
    if (!call.isCall || call.isAnswered) return
    if (error instanceof BusError && error.code === 'OVERLOADED') {
      this.#fail(call, ANSWER_CODE.OVERLOADED, error.code, error.message)
    } else {
      call.refuse(codeOf(error), saysOf(error))
    }
  }

  /** @internal Of an incoming call. */
  reply(call: IncomingCall, value: unknown): void {
    let bytes: Uint8Array
    try {
      bytes = call.entry?.response.encode(value) ?? NOTHING
    } catch (error) {
      this.#fail(call, ANSWER_CODE.BAD_ANSWER, 'BAD_ANSWER', saysOf(error))
      this.#failed(call, error)
      return
    }
    this.#send(call, resultOf(call, bytes))
  }

  /** @internal Of an incoming call. */
  refuse(call: IncomingCall, code: string, says: string): void {
    this.#fail(call, ANSWER_CODE.APPLICATION, code, says)
  }

  #fail(call: IncomingCall, code: AnswerCode, reason: string, says: string): void {
    if (!call.isCall) return
    const { life, session } = call
    const kind = SERVICE_KIND.ANSWER
    this.#send(call, { kind, code, life, session, payload: NOTHING, reason, says })
  }

  #send(call: IncomingCall, answer: Answer): void {
    try {
      if (this.#setup.port().send(call.from, answer) !== 'full') return
      // What has to wait must not change: the codec may use its memory again.
      this.#held.push({ to: call.from, answer: { ...answer, payload: answer.payload.slice() } })
    } catch (error) {
      this.#fail(call, ANSWER_CODE.ANSWER_TOO_LONG, 'ANSWER_TOO_LONG', saysOf(error))
      this.#failed(call, error)
    }
  }

  /** Nobody is left there who reads. */
  nodeGone(isGone: (node: bigint) => boolean): void {
    this.#streams.nodeGone(isGone)
  }

  /** Streams end; what else runs has nobody to answer. */
  close(): void {
    this.#streams.close()
  }

  /** A connection takes more: answers that wait go first, in their order for each node. */
  writable(): void {
    const port = this.#setup.port()
    const full = new Set<bigint>()
    const held = this.#held.splice(0)
    for (const waiting of held) {
      const { to, answer } = waiting
      if (full.has(to) || port.send(to, answer) === 'full') {
        full.add(to)
        this.#held.push(waiting)
      }
    }
    this.#checkIdle()
  }

  #checkIdle(): void {
    if (this.running === 0) this.#setup.onIdle()
  }

  #failed({ from, app, name }: IncomingCall, error: unknown): void {
    this.#setup.onFailed({ from, app, name, error })
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return 'then' in value && typeof value.then === 'function'
}

function resultOf({ life, session }: IncomingCall, payload: Uint8Array): Answer {
  const code = ANSWER_CODE.OK
  return { kind: SERVICE_KIND.ANSWER, code, life, session, payload, reason: '', says: '' }
}
