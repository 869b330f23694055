// Makes calls: finds the target, encodes, asks, and tells in one value what came of it.

import { parseId } from '../core/bus-id.js'
import { BusError } from '../errors.js'
import type { CallFailure, CallOutcome } from './call-outcome.js'
import { type Codec, type Encoder, jsonCodec } from './codec.js'
import type { HealthWatch } from './health-watch.js'
import { type CallRooms, OutgoingCall } from './outgoing-call.js'
import type { Pipeline, Refusal } from './pipeline.js'
import type { ServiceList } from './service-list.js'
import { type AnsweredKind, CALL_TIMEOUT_MS, type ServicePort } from './service-port.js'
import { type CallName, isCallName, SERVICE_KIND } from './service-protocol.js'
import { type Destination, destinationOf, type Target } from './target.js'
import { saysOf } from './thrown-words.js'

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
  readonly health: HealthWatch
  readonly list: ServiceList
  readonly pipeline: Pipeline
}

export const JSON_CODEC = jsonCodec<unknown>()

export class Caller implements CallRooms {
  readonly port: ServicePort
  readonly health: HealthWatch
  readonly #list: ServiceList
  readonly #pipeline: Pipeline

  constructor({ port, health, list, pipeline }: CallerSetup) {
    this.port = port
    this.health = health
    this.#list = list
    this.#pipeline = pipeline
  }

  /** Where a message for a target goes now. Throws BAD_ARGUMENT for what is no bus id. */
  find(target: Target): Destination | CallFailure {
    const list = this.#list
    const wanted = typeof target === 'string' ? { app: target } : target
    if ('node' in wanted) return nodeDestination(wanted)
    if ('app' in wanted) {
      const selection = this.#pipeline.select(list.ofType(wanted.app), wanted)
      if (selection.kind === 'chosen') return destinationOf(selection.candidate)
      return failureOf(selection, wanted.app)
    }
    const found =
      'serviceId' in wanted ? list.withId(wanted.serviceId) : list.named(String(wanted.name))
    if (found !== undefined) return destinationOf(found)
    const says = `no service has ${JSON.stringify(wanted)}`
    return { kind: 'unreachable', reason: 'no_service', says }
  }

  /**
   * `done` hears once what came of it, now or later. Throws BAD_ARGUMENT. Undefined where nothing
   * could be sent.
   */
  start<Request, Response>(
    target: Target,
    name: CallName,
    request: Request,
    options: ServiceCallOptions<Request, Response>,
    done: (outcome: CallOutcome<Response>) => void,
    kind: AnsweredKind = SERVICE_KIND.REQUEST,
  ): OutgoingCall | undefined {
    checkCall(name, options)
    const payload = encodedBy(options.request ?? JSON_CODEC, request)
    if (!(payload instanceof Uint8Array)) {
      done(payload)
      return undefined
    }
    const order = {
      target,
      name,
      payload,
      timeoutMs: options.timeoutMs ?? CALL_TIMEOUT_MS,
      signal: options.signal,
      retries: options.retries ?? 0,
      isRepeatable: options.isRepeatable === true,
      response: (options.response ?? JSON_CODEC) as Codec<unknown>,
      kind,
    }
    const call = new OutgoingCall(this, order, done as (outcome: CallOutcome<unknown>) => void)
    call.start()
    return call
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

export function checkName(name: CallName): void {
  if (!isCallName(name)) throw new BusError('BAD_ARGUMENT', `${String(name)} is no name of a call`)
}

function checkCall(name: CallName, options: Attempts): void {
  checkName(name)
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
    return { kind: 'refused', reason: 'bad_payload', says: saysOf(cause), cause }
  }
}
