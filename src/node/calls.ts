// What this node asked of others and waits for: requests, confirmations, probes and commands.

import { formatId, highHalf, joinHalves, lowHalf } from '../core/bus-id.js'
import { FLAG_REQUIRE_RESPONSE } from '../core/data-path.js'
import { codeOfWire } from '../core/dialler.js'
import type { LinkInfo } from '../core/effects.js'
import type { NodeCore } from '../core/node-core.js'
import type { SendOutcome } from '../core/outbound.js'
import { BusError, type BusErrorCode } from '../errors.js'
import { EXTENSION } from '../wire/extension.js'
import type { BusMessage, ReceivedData, ReceivedHead } from './bus-message.js'
import { type OpenCall, OpenCalls } from './open-calls.js'
import type { Outgoing } from './outgoing.js'

export interface CallOptions {
  /** A number of the caller's choice that travels with the message. Default 0. */
  readonly type?: number
  /** Gives up after this long. Default 30,000 ms. */
  readonly timeoutMs?: number
  /** Gives up at once when it aborts: the call ends with ABORTED. */
  readonly signal?: AbortSignal
}

/** A neighbour of another node, as that node reports it. */
export interface PeerReport {
  readonly id: bigint
  readonly role: LinkInfo['role']
  readonly plain: boolean
  readonly channel: LinkInfo['channel']
  readonly address: string
  readonly encrypted: boolean
  readonly roundTripMs: number | undefined
}

const NUMBERS = 64

const QUESTIONS = {
  [EXTENSION.REQUEST]: 'request',
  [EXTENSION.PROBE]: 'ping',
  [EXTENSION.PEERS_QUERY]: 'peers',
} as const
type QuestionKind = keyof typeof QUESTIONS

export const DEFAULT_CALL_TIMEOUT_MS = 30_000

const CODE_OF_OUTCOME: Readonly<Record<Exclude<SendOutcome, 'sent'>, BusErrorCode>> = {
  full: 'FULL',
  closed: 'NODE_CLOSED',
  no_route: 'NO_ROUTE',
  unsupported: 'UNSUPPORTED',
}

export interface CallsEnvironment {
  readonly core: NodeCore
  readonly outgoing: Outgoing
  readonly random: (bytes: number) => Uint8Array
  readonly nowMs: () => number
  /** A deadline was added. */
  readonly schedule: () => void
  /** A call ended. */
  readonly settled: () => void
}

/** What all tables of open calls have in common, whatever their answers are. */
type CallTable = Pick<
  OpenCalls<unknown>,
  'size' | 'nextDeadlineMs' | 'expire' | 'failVia' | 'failGone' | 'failAll'
>

export class Calls {
  readonly #env: CallsEnvironment
  /** By the random number that travels with the question. */
  readonly #requests: OpenCalls<BusMessage>
  readonly #probes: OpenCalls<BusMessage>
  /** By sequence, which the family's answers repeat. */
  readonly #confirmations: OpenCalls<undefined>
  readonly #commands: OpenCalls<readonly Uint8Array[]>
  readonly #all: readonly CallTable[]
  /** Random, for the next requests: a view for each would cost more than the number. */
  #numbers: DataView = new DataView(new ArrayBuffer(0))
  #numbersLeft = 0
  /** Answers that nobody waits for (any more), or that another node sent. */
  strayAnswers = 0

  constructor(env: CallsEnvironment) {
    this.#env = env
    this.#requests = new OpenCalls(env.settled)
    this.#probes = new OpenCalls(env.settled)
    this.#confirmations = new OpenCalls(env.settled)
    this.#commands = new OpenCalls(env.settled)
    this.#all = [this.#requests, this.#probes, this.#confirmations, this.#commands]
  }

  get size(): number {
    return this.#all.reduce((sum, calls) => sum + calls.size, 0)
  }

  nextDeadlineMs(): number {
    // Asked in every turn: without an array each time.
    let next = Number.POSITIVE_INFINITY
    for (const calls of this.#all) next = Math.min(next, calls.nextDeadlineMs())
    return next
  }

  expire(nowMs: number): void {
    for (const calls of this.#all) calls.expire(nowMs)
  }

  failVia(link: number): void {
    for (const calls of this.#all) calls.failVia(link)
  }

  /** The routing table has changed: who was asked may not be there any more. */
  failGone(): void {
    if (this.size === 0) return
    const { routes } = this.#env.core
    for (const calls of this.#all) calls.failGone(routes)
  }

  failAll(code: BusErrorCode): void {
    for (const calls of this.#all) calls.failAll(code)
  }

  request(to: bigint, content: Uint8Array, options: CallOptions): Promise<BusMessage> {
    return this.#ask(this.#requests, EXTENSION.REQUEST, to, content, options)
  }

  /** Asks the node itself, not its user. Resolves with the milliseconds that it took. */
  async ping(to: bigint, options: CallOptions): Promise<number> {
    const startMs = this.#env.nowMs()
    const content = new Uint8Array(0)
    await this.#ask(this.#probes, EXTENSION.PROBE, to, content, options)
    return this.#env.nowMs() - startMs
  }

  async peersOf(to: bigint, options: CallOptions): Promise<PeerReport[]> {
    const content = new Uint8Array(0)
    const answer = await this.#ask(this.#probes, EXTENSION.PEERS_QUERY, to, content, options)
    return readPeers(answer.text, to)
  }

  #ask(
    calls: OpenCalls<BusMessage>,
    kind: QuestionKind,
    to: bigint,
    content: Uint8Array,
    options: CallOptions,
  ): Promise<BusMessage> {
    const key = this.#newNumber()
    const what = QUESTIONS[kind]
    const type = options.type ?? 0
    const send = this.#sendQuestion
    const call = { what, to, key, answerer: to, options, send, content, type, kind, number: key }
    return this.#open(calls, call)
  }

  /** One for all: a function for each request shows. */
  readonly #sendQuestion = (call: Question): SendOutcome =>
    this.#env.outgoing.send(call.to, call.content, call)

  confirm(to: bigint, content: Uint8Array, options: CallOptions): Promise<undefined> {
    const { core, outgoing } = this.#env
    const sequence = BigInt(core.nextSequence())
    const fields = { type: options.type ?? 0, flags: FLAG_REQUIRE_RESPONSE, sequence }
    const send = () => outgoing.send(to, content, fields)
    const call = { what: 'confirm', to, options, key: sequence, answerer: to, send }
    return this.#open(this.#confirmations, call)
  }

  command(
    to: bigint,
    options: CallOptions,
    send: (sequence: bigint) => void,
  ): Promise<readonly Uint8Array[]> {
    const { core } = this.#env
    const sequence = BigInt(core.nextSequence())
    // The next hop executes a command and answers it, whomever it was meant for (spec D.3).
    const route = core.route(to)
    const answerer = to === core.id ? to : route?.id
    const named = { what: 'command', to, options, key: sequence, answerer: answerer ?? 0n }
    const sendOn = () => {
      if (answerer === undefined) return 'no_route'
      send(sequence)
      return 'sent'
    }
    const call = { ...named, viaLink: route?.number ?? 0, send: sendOn } as const
    return this.#open(this.#commands, call)
  }

  /** What cannot be sent fails at once; a call is open before it is sent, for it may loop back. */
  #open<T, Asked extends AskedOf & Sendable<Asked>>(calls: OpenCalls<T>, call: Asked): Promise<T> {
    const { answerer, key, options, to } = call
    const { signal, timeoutMs } = options
    if (signal?.aborted) {
      const what = wordsOf(call.what, to)
      return Promise.reject(new BusError('ABORTED', what, { cause: signal.reason }))
    }
    return new Promise<T>((resolve, reject) => {
      const dueMs = this.#env.nowMs() + (timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS)
      const life = this.#env.core.routes.lifeOf(answerer)
      const open = new AskedCall(call, life, resolve, reject)
      calls.open(open, dueMs, signal)
      const outcome = this.#sendOr(calls, call)
      if (outcome !== 'sent') calls.fail(key, CODE_OF_OUTCOME[outcome])
      else open.viaLink = call.viaLink ?? this.#env.outgoing.lastLink
      this.#env.schedule()
    })
  }

  /** A payload over the limit is thrown by `send`; then the call was never made. */
  #sendOr<T, Asked extends AskedOf & Sendable<Asked>>(
    calls: OpenCalls<T>,
    call: Asked,
  ): SendOutcome {
    try {
      return call.send(call)
    } catch (error) {
      calls.discard(call.key)
      throw error
    }
  }

  #newNumber(): bigint {
    if (this.#numbersLeft === 0) {
      const { buffer, byteOffset } = this.#env.random(NUMBERS * 8)
      this.#numbers = new DataView(buffer, byteOffset, NUMBERS * 8)
      this.#numbersLeft = NUMBERS
    }
    const at = --this.#numbersLeft * 8
    return joinHalves(this.#numbers.getUint32(at), this.#numbers.getUint32(at + 4)) || 1n
  }

  /** A reply or a refusal of ours arrived. False where nobody waits for it from that node. */
  answered(message: BusMessage, kind: number, code: number): boolean {
    const { from, number } = message
    const calls =
      kind === EXTENSION.REPLY || kind === EXTENSION.REFUSAL ? this.#requests : this.#probes
    const refused = kind === EXTENSION.REFUSAL
    const taken = refused
      ? calls.has(number, from) && calls.fail(number, codeOfWire(code), message.text)
      : calls.answer(number, from, message)
    if (!taken) this.strayAnswers++
    return taken
  }

  /** The family's answer to a message of ours. False where no call waits for it. */
  returned(data: ReceivedData, head: ReceivedHead): boolean {
    const to = joinHalves(data.fromHi, data.fromLo)
    const { extensionKind, extensionHi, extensionLo } = data
    const code = codeOfWire(head.resultCode)
    if (extensionKind !== EXTENSION.NONE) {
      const number = joinHalves(extensionHi, extensionLo)
      const calls = extensionKind === EXTENSION.REQUEST ? this.#requests : this.#probes
      return calls.has(number, to) && calls.fail(number, code)
    }
    const sequence = joinHalves(head.sequenceHi, head.sequenceLo)
    if (head.resultCode !== 0) {
      return this.#confirmations.has(sequence, to) && this.#confirmations.fail(sequence, code)
    }
    // A plain forwarder answers "passed on" as well; only the target's own word counts (spec K.7).
    const isFinal = data.routerLastHi === highHalf(to) && data.routerLastLo === lowHalf(to)
    return isFinal && this.#confirmations.answer(sequence, to, undefined)
  }

  commandAnswered(sequence: bigint, from: bigint, args: readonly Uint8Array[]): void {
    if (!this.#commands.answer(sequence, from, args)) this.strayAnswers++
  }

  commandFailed(sequence: bigint, code: BusErrorCode): void {
    this.#commands.fail(sequence, code)
  }
}

/** What is asked, of whom, and who answers it, by which key. */
interface AskedOf {
  readonly what: string
  readonly to: bigint
  readonly key: bigint
  readonly answerer: bigint
  readonly options: CallOptions
  /** The link that it leaves by; default: that of the last message. */
  readonly viaLink?: number
}

/** How it is sent. */
interface Sendable<Asked> {
  readonly send: (call: Asked) => SendOutcome
}

/** What one of our kind is asked in a message. */
interface Question extends AskedOf {
  readonly content: Uint8Array
  readonly type: number
  readonly kind: QuestionKind
  readonly number: bigint
}

/** One object for each call, and its words only where they are wanted. */
class AskedCall<T> implements OpenCall<T> {
  viaLink = 0
  readonly key: bigint
  readonly to: bigint
  life: number
  readonly #asked: AskedOf
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void

  constructor(
    asked: AskedOf,
    life: number,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ) {
    this.#asked = asked
    this.key = asked.key
    this.to = asked.answerer
    this.life = life
    this.resolve = resolve
    this.reject = reject
  }

  get what(): string {
    return wordsOf(this.#asked.what, this.#asked.to)
  }
}

function wordsOf(what: string, to: bigint): string {
  return `${what} to ${formatId(to)}`
}

function readPeers(text: string, from: bigint): PeerReport[] {
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) throw new TypeError('not a list')
    return list.map(readPeer)
  } catch (cause) {
    throw new BusError('BAD_MESSAGE', `list of peers from ${formatId(from)}`, { cause })
  }
}

function readPeer(entry: Record<string, unknown>): PeerReport {
  return {
    id: BigInt(String(entry['id'])),
    role: String(entry['role']) as LinkInfo['role'],
    plain: entry['plain'] === true,
    channel: String(entry['channel']) as LinkInfo['channel'],
    address: String(entry['address']),
    encrypted: entry['encrypted'] === true,
    roundTripMs: typeof entry['roundTripMs'] === 'number' ? entry['roundTripMs'] : undefined,
  }
}

/** The list that answers a peers query. */
export function writePeers(links: readonly LinkInfo[]): string {
  return JSON.stringify(
    links.map(({ id, role, plain, channel, address, encrypted, roundTripMs }) => ({
      id: formatId(id),
      role,
      plain,
      channel,
      address,
      encrypted,
      roundTripMs,
    })),
  )
}
