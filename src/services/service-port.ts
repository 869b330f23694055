// One node's end of the service layer: sends questions, matches answers, fails what is lost.

import { BusError } from '../errors.js'
import type { BusMessage } from '../node/bus-message.js'
import type { BusNode } from '../node/bus-node.js'
import { Clock } from '../node/clock.js'
import type { LinkDown, RouteDown, Undelivered } from '../node/events.js'
import type { Layer } from '../node/layers.js'
import type { CallFailure, UnreachableReason } from './call-outcome.js'
import { CallTable, type WaitingCall } from './call-table.js'
import { wordsOf } from './call-words.js'
import { LocalLine } from './local-line.js'
import {
  type Answer,
  type CallName,
  type Question,
  type QuestionKind,
  readServiceMessage,
  SERVICE_KIND,
  type ServiceMessage,
  writeMessage,
} from './service-protocol.js'

export const CALL_TIMEOUT_MS = 30_000
/** Of a message besides its payload: below this from the limit it is reckoned exactly. */
const HEAD_BYTES_MAX = 2048
const TIMEOUT_MS_MAX = 0x7fff_ffff

/** `unsupported`: the target is known to be a plain node of the family. */
export type ServiceSendResult = 'sent' | 'full' | 'closed' | 'no_route' | 'unsupported'

/** `sent_slow`: it was sent, but more than half of what may wait for its reader is waiting. */
export type ServiceTellResult = ServiceSendResult | 'sent_slow'

/** To whom, and what. */
export interface Errand {
  readonly to: bigint
  readonly serviceId: number
  readonly app: string
  readonly instance: string
  readonly name: CallName
  readonly payload: Uint8Array
}

/** What is answered. */
export type AnsweredKind = Exclude<QuestionKind, typeof SERVICE_KIND.ONE_WAY>

export interface ServicePortHandlers {
  readonly question: (from: bigint, question: Question) => void
  readonly undelivered: (failure: Undelivered) => void
  /** Of these nodes the way, or the life that was known, has ended. */
  readonly gone: (isGone: (node: bigint) => boolean) => void
  /** A connection that was full takes more. */
  readonly writable: () => void
}

export class ServicePort {
  readonly node: BusNode
  readonly #life: number
  readonly #handlers: ServicePortHandlers
  readonly #calls = new CallTable()
  readonly #clock = new Clock(() => this.#expire())
  readonly #layer: Layer
  readonly #local: LocalLine
  /** What is no message of ours. */
  badMessages = 0

  /** `life` is any number of 32 bits that another life of the process would hardly have. */
  constructor(node: BusNode, life: number, handlers: ServicePortHandlers) {
    this.node = node
    this.#life = life
    this.#handlers = handlers
    this.#layer = node.openLayer('service', {
      message: (message) => this.#message(message),
      undelivered: (failure) => this.#undelivered(failure),
    })
    this.#local = new LocalLine({
      deliver: (message) => this.#received(node.id, message),
      writable: handlers.writable,
    })
    node.on('link_down', this.#onLinkDown)
    node.on('route_down', this.#onRouteDown)
    node.on('route_reset', this.#onRouteReset)
    node.on('writable', handlers.writable)
  }

  readonly #onLinkDown = ({ link }: LinkDown): void => this.#calls.failVia(link.number)
  readonly #onRouteDown = ({ id }: RouteDown): void => this.lifeEnded(id)
  readonly #onRouteReset = (): void => {
    const isReachable = (id: bigint) => this.node.routes.has(id) !== false
    this.#calls.failUnreachable(isReachable)
    this.#handlers.gone((id) => id !== this.node.id && !isReachable(id))
  }

  get openCalls(): number {
    return this.#calls.size
  }

  get lateAnswers(): number {
    return this.#calls.lateAnswers
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** The node is there, but not the life of it that was asked. */
  lifeEnded(node: bigint): void {
    this.#calls.failNode(node)
    this.#handlers.gone((id) => id === node)
  }

  /** The target answers before its user: resolves with that, or with why there is no answer. */
  probe(errand: Errand, timeoutMs: number): Promise<Answer | CallFailure> {
    const { app, name, to } = errand
    return new Promise((settle) => {
      const call = { to, what: wordsOf(app, name, to), viaLink: 0, sequence: 0, settle }
      const limits = { nowMs: this.nowMs(), timeoutMs }
      this.start(call, errand, errand, limits, SERVICE_KIND.PROBE)
    })
  }

  /**
   * `call.settle` hears once what came of it, now or later. The session, by which it may be failed;
   * 0 where it has failed already.
   */
  start(
    call: WaitingCall,
    { to, app, instance, serviceId }: Omit<Errand, 'name' | 'payload'>,
    { name, payload }: Pick<Errand, 'name' | 'payload'>,
    { nowMs, timeoutMs }: { readonly nowMs: number; readonly timeoutMs: number },
    kind: AnsweredKind,
  ): number {
    const waitMs = Math.min(Math.ceil(timeoutMs), TIMEOUT_MS_MAX)
    const session = this.#calls.open(call, nowMs + waitMs)
    // Field by field: a spread costs a tenth of the call.
    const failure = this.#sendCall(to, {
      kind,
      life: this.#life,
      session,
      timeoutMs: waitMs,
      serviceId,
      app,
      instance,
      name,
      payload,
    })
    if (failure !== undefined) {
      this.#calls.fail(session, failure)
      return 0
    }
    call.sequence = this.#layer.lastSequence
    call.viaLink = this.#layer.lastLink
    this.#clock.wakeAt(this.#calls.nextDeadlineMs(), false)
    return session
  }

  /** Whoever gives up leaves no timer behind. */
  fail(session: number, failure: CallFailure): void {
    this.#calls.fail(session, failure)
    if (this.#calls.size === 0) this.#clock.wakeAt(Number.POSITIVE_INFINITY, false)
  }

  #sendCall(to: bigint, question: Question): CallFailure | undefined {
    try {
      return failureOf(this.send(to, question), question.name)
    } catch (cause) {
      if (!(cause instanceof BusError)) throw cause
      return { kind: 'refused', reason: 'too_long', says: cause.message, cause }
    }
  }

  /** Throws MESSAGE_TOO_LONG. */
  tell({ to, ...told }: Errand): ServiceTellResult {
    const result = this.send(to, this.#oneWay(told))
    const isSlow = result === 'sent' && to !== this.node.id && this.#layer.isSlow
    return isSlow ? 'sent_slow' : result
  }

  /** How many it was sent to. Throws MESSAGE_TOO_LONG. */
  tellAll(nodes: readonly bigint[], told: Omit<Errand, 'to'>): number {
    const question = this.#oneWay(told)
    // What goes to this node is kept, the bytes are lent: they come after it.
    const isHere = nodes.includes(this.node.id) && this.send(this.node.id, question) === 'sent'
    const bytes = writeMessage(question)
    const isSent = (to: bigint) => to !== this.node.id && this.#layer.send(to, bytes) === 'sent'
    return nodes.filter(isSent).length + (isHere ? 1 : 0)
  }

  #oneWay(told: Omit<Errand, 'to'>): Question {
    return { ...told, kind: SERVICE_KIND.ONE_WAY, life: this.#life, session: 0, timeoutMs: 0 }
  }

  /** Throws MESSAGE_TOO_LONG. */
  send(to: bigint, message: ServiceMessage): ServiceSendResult {
    if (to !== this.node.id) return this.#layer.send(to, writeMessage(message))
    const limit = this.#layer.contentBytesMax
    if (message.payload.length > limit - HEAD_BYTES_MAX && writeMessage(message).length > limit) {
      throw new BusError('MESSAGE_TOO_LONG', `${message.payload.length} bytes; over ${limit}`)
    }
    return this.#local.push({ ...message, payload: message.payload.slice() })
  }

  /** Open calls end as `aborted`. */
  close(): void {
    this.node.off('link_down', this.#onLinkDown)
    this.node.off('route_down', this.#onRouteDown)
    this.node.off('route_reset', this.#onRouteReset)
    this.node.off('writable', this.#handlers.writable)
    this.#layer.close()
    this.#local.close()
    this.#calls.failAll({ kind: 'aborted', says: 'the cluster was closed' })
    this.#clock.stop()
  }

  #expire(): void {
    this.#calls.expire(this.nowMs())
    this.#clock.wakeAt(this.#calls.nextDeadlineMs(), false)
  }

  #message(message: BusMessage): void {
    const read = message.readBy(readServiceMessage)
    if (read === undefined) this.badMessages += 1
    else this.#received(message.from, read)
  }

  #received(from: bigint, message: ServiceMessage): void {
    if (message.kind !== SERVICE_KIND.ANSWER) this.#handlers.question(from, message)
    else if (message.life === this.#life) this.#calls.answer(from, message)
    else this.#calls.lateAnswers += 1
  }

  #undelivered(failure: Undelivered): void {
    const { to, sequence, code } = failure
    const says = `the message to 0x${to.toString(16)} came back: ${code}`
    if (!this.#calls.returned(to, Number(sequence), says)) this.#handlers.undelivered(failure)
  }
}

function failureOf(result: ServiceSendResult, name: CallName): CallFailure | undefined {
  if (result === 'sent') return undefined
  if (result === 'unsupported') {
    return { kind: 'refused', reason: 'unsupported', says: 'a plain node has no services' }
  }
  const reason: UnreachableReason = result
  return { kind: 'unreachable', reason, says: `${name} was not sent: ${result}` }
}
