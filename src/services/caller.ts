// Makes calls: finds the target, encodes, asks, and tells in one value what came of it.

import { parseId } from '../core/bus-id.js'
import { BusError } from '../errors.js'
import type { CallFailure, CallOutcome } from './call-outcome.js'
import { type Codec, type Encoder, jsonCodec } from './codec.js'
import type { HealthWatch } from './health-watch.js'
import type { Pipeline, Refusal } from './pipeline.js'
import type { ServiceList } from './service-list.js'
import { CALL_TIMEOUT_MS, type ServicePort } from './service-port.js'
import { ANSWER_CODE, type Answer, type CallName, isCallName } from './service-protocol.js'
import { type Destination, destinationOf, type Target } from './target.js'

export interface ServiceCallOptions<Request = unknown, Response = unknown> {
  /** For all attempts together. Default 30,000 ms; 1 to 2^31 - 1. */
  readonly timeoutMs?: number | undefined
  /** The call ends at once as `aborted` when it aborts. What runs elsewhere goes on. */
  readonly signal?: AbortSignal | undefined
  /** Further attempts where the call did not run: unreachable or overloaded. Default 0. */
  readonly retries?: number | undefined
  /** Running it twice does no harm: attempts also follow an `unknown` fate. Default false. */
  readonly isRepeatable?: boolean | undefined
  readonly request?: Codec<Request> | undefined
  readonly response?: Codec<Response> | undefined
}

export interface CallerSetup {
  readonly port: ServicePort
  readonly list: ServiceList
  readonly pipeline: Pipeline
  readonly health: HealthWatch
}

export const JSON_CODEC = jsonCodec<unknown>()

export class Caller {
  readonly #setup: CallerSetup

  constructor(setup: CallerSetup) {
    this.#setup = setup
  }

  /** Where a message for a target goes now. Throws BAD_ARGUMENT for what is no bus id. */
  find(target: Target): Destination | CallFailure {
    const { list, pipeline } = this.#setup
    const wanted = typeof target === 'string' ? { app: target } : target
    if ('node' in wanted) return nodeDestination(wanted)
    if ('app' in wanted) {
      const selection = pipeline.select(list.ofType(wanted.app), wanted)
      if (selection.kind === 'chosen') return destinationOf(selection.candidate)
      return failureOf(selection, wanted.app)
    }
    const found =
      'serviceId' in wanted ? list.withId(wanted.serviceId) : list.named(String(wanted.name))
    if (found !== undefined) return destinationOf(found)
    const says = `no service has ${JSON.stringify(wanted)}`
    return { kind: 'unreachable', reason: 'no_service', says }
  }

  /** Never rejects but with BAD_ARGUMENT, for arguments that are of no lawful kind. */
  async call<Request, Response>(
    target: Target,
    name: CallName,
    request: Request,
    options: ServiceCallOptions<Request, Response>,
  ): Promise<CallOutcome<Response>> {
    checkCall(name, options)
    const { retries = 0, timeoutMs = CALL_TIMEOUT_MS } = options
    const encoded = encodedBy(options.request ?? JSON_CODEC, request)
    if (!(encoded instanceof Uint8Array)) return encoded
    const { port } = this.#setup
    const dueMs = port.nowMs() + timeoutMs
    for (let attempt = 0; ; attempt += 1) {
      const restMs = Math.max(1, dueMs - port.nowMs())
      const { response, signal } = options
      const limits = { timeoutMs: restMs, signal, response }
      const outcome = await this.#attempt(target, name, encoded, limits)
      const isOver = attempt >= retries || port.nowMs() >= dueMs
      if (isOver || !mayRepeat(outcome, options.isRepeatable === true)) return outcome
    }
  }

  async #attempt<Response>(
    target: Target,
    name: CallName,
    payload: Uint8Array,
    options: Pick<ServiceCallOptions<never, Response>, 'timeoutMs' | 'signal' | 'response'>,
  ): Promise<CallOutcome<Response>> {
    const { health, port } = this.#setup
    const found = this.find(target)
    if ('kind' in found) return found
    const { timeoutMs, signal } = options
    const { app, candidate, instance, serviceId, to } = found
    const errand = { to, serviceId, app, instance, name, payload }
    const result = await port.ask(errand, { timeoutMs, signal })
    const isAnswered = typeof result.kind === 'number'
    if (candidate !== undefined && (isAnswered || result.kind === 'timeout')) {
      health.ended(candidate, String(result.kind))
    }
    if (typeof result.kind === 'string') return result
    return outcomeOfAnswer(result, to, (options.response ?? JSON_CODEC) as Codec<Response>)
  }
}

function nodeDestination(target: Extract<Target, { node: unknown }>): Destination {
  const { app = '', instance = '', node } = target
  return { to: parseId(node), serviceId: 0, app, instance, candidate: undefined }
}

function failureOf({ reason, says, cause }: Refusal, app: string): CallFailure {
  const words = `${app}: ${says}`
  if (reason === 'bad_selector') return { kind: 'refused', reason, says: words, cause }
  if (reason === 'no_service') return { kind: 'unreachable', reason, says: words }
  return { kind: 'overloaded', says: words }
}

type Attempts = Pick<ServiceCallOptions, 'retries' | 'timeoutMs'>

function checkCall(name: CallName, options: Attempts): void {
  if (!isCallName(name)) {
    throw new BusError('BAD_ARGUMENT', `${String(name)} is no name of a call`)
  }
  const { retries = 0, timeoutMs = CALL_TIMEOUT_MS } = options
  if (!(timeoutMs >= 1 && timeoutMs <= 0x7fff_ffff)) {
    throw new BusError('BAD_ARGUMENT', `timeoutMs ${timeoutMs} is not from 1 to 2^31 - 1`)
  }
  if (!Number.isInteger(retries) || retries < 0) {
    throw new BusError('BAD_ARGUMENT', `retries ${retries} is no count`)
  }
}

export function encodedBy(codec: Encoder, value: unknown): Uint8Array | CallFailure {
  try {
    return codec.encode(value)
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause)
    return { kind: 'refused', reason: 'bad_payload', says, cause }
  }
}

function mayRepeat({ kind, ...rest }: CallOutcome<unknown>, isRepeatable: boolean): boolean {
  if (kind === 'unreachable') return !('reason' in rest) || rest.reason !== 'closed'
  return kind === 'overloaded' || (isRepeatable && kind === 'unknown')
}

function outcomeOfAnswer<T>(answer: Answer, node: bigint, codec: Codec<T>): CallOutcome<T> {
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

function decodedBy<T>(codec: Codec<T>, payload: Uint8Array, node: bigint): CallOutcome<T> {
  try {
    return { kind: 'ok', value: codec.decode(payload), node }
  } catch (cause) {
    return { kind: 'bad_answer', says: 'the answer cannot be read', cause }
  }
}
