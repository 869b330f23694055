// Contracts: what a service answers and takes, declared once, so that both sides are checked.

import type { CallOutcome } from './call-outcome.js'
import type { ServiceCallOptions } from './caller.js'
import type { Cluster, ClusterSendResult } from './cluster.js'
import { type Codec, jsonCodec } from './codec.js'
import type { IncomingCall } from './incoming-call.js'
import type { SelectOptions } from './pipeline.js'
import type { CallName } from './service-protocol.js'
import type { StreamOptions } from './stream-reader.js'
import type { NodeTarget } from './target.js'

export interface CallSpec<Request, Response> {
  readonly kind: 'call'
  /** What is on the wire. Default: the key in the contract. */
  readonly name: CallName | undefined
  readonly request: Codec<Request>
  readonly response: Codec<Response>
}

export interface MessageSpec<Message> {
  readonly kind: 'message'
  readonly name: CallName | undefined
  readonly request: Codec<Message>
}

export interface StreamSpec<Request, Part> {
  readonly kind: 'stream'
  readonly name: CallName | undefined
  readonly request: Codec<Request>
  /** Of each part. */
  readonly response: Codec<Part>
}

export interface CallCodecs<Request, Response> {
  readonly name?: CallName
  readonly request?: Codec<Request>
  readonly response?: Codec<Response>
}

/** One call of a contract. The types are as given; what arrives is checked by the codec alone. */
export function defineCall<Request, Response>(
  codecs: CallCodecs<Request, Response> = {},
): CallSpec<Request, Response> {
  const { name, request = jsonCodec<Request>(), response = jsonCodec<Response>() } = codecs
  return { kind: 'call', name, request, response }
}

/** One message of a contract, which nobody answers. */
export function defineMessage<Message>(
  codecs: { readonly name?: CallName; readonly request?: Codec<Message> } = {},
): MessageSpec<Message> {
  const { name, request = jsonCodec<Message>() } = codecs
  return { kind: 'message', name, request }
}

/** One stream of replies: `Part` is what its handler yields. */
export function defineStream<Request, Part>(
  codecs: {
    readonly name?: CallName
    readonly request?: Codec<Request>
    readonly part?: Codec<Part>
  } = {},
): StreamSpec<Request, Part> {
  const { name, request = jsonCodec<Request>(), part = jsonCodec<Part>() } = codecs
  return { kind: 'stream', name, request, response: part }
}

type Spec = CallSpec<unknown, unknown> | MessageSpec<unknown> | StreamSpec<unknown, unknown>
type Specs = Readonly<Record<string, Spec>>

export interface Contract<Members> {
  readonly app: string
  readonly members: Members
}

export function defineService<
  const Members extends { readonly [K in keyof Members]: Specs[string] },
>(app: string, members: Members): Contract<Members> {
  return { app, members }
}

type KeysOf<Members, Kind extends Spec['kind']> = {
  [K in keyof Members]: Members[K] extends { kind: Kind } ? K : never
}[keyof Members]
type CallKeys<Members> = KeysOf<Members, 'call'>
type MessageKeys<Members> = KeysOf<Members, 'message'>
type StreamKeys<Members> = KeysOf<Members, 'stream'>
type RequestOf<Spec> = Spec extends { readonly request: Codec<infer Request> } ? Request : never
type ResponseOf<Spec> = Spec extends { readonly response: Codec<infer Response> } ? Response : never

/** What a service of the contract must be able to do: all of it. */
export type Implementation<Members> = {
  readonly [K in keyof Members]: Members[K] extends { kind: 'call' }
    ? (
        request: RequestOf<Members[K]>,
        call: IncomingCall,
      ) => ResponseOf<Members[K]> | PromiseLike<ResponseOf<Members[K]>>
    : Members[K] extends { kind: 'stream' }
      ? (
          request: RequestOf<Members[K]>,
          call: IncomingCall,
        ) => AsyncIterable<ResponseOf<Members[K]>>
      : (message: RequestOf<Members[K]>, call: IncomingCall) => void | PromiseLike<void>
}

/** Handlers for all of a contract. Returns what takes them away; offers nothing by itself. */
export function implement<Members>(
  cluster: Pick<Cluster, 'handle'>,
  { app, members }: Contract<Members>,
  implementation: Implementation<Members>,
): () => void {
  const removals = specsOf(members).map(([key, spec]) => {
    const act = implementation[key as keyof Members] as (
      request: unknown,
      call: IncomingCall,
    ) => unknown
    const response = spec.kind === 'message' ? {} : { response: spec.response as Codec<unknown> }
    const handler = (request: unknown, call: IncomingCall) =>
      act.call(implementation, request, call)
    const codecs = { request: spec.request as Codec<unknown>, ...response }
    return cluster.handle(spec.name ?? key, handler, { app, ...codecs })
  })
  return () => {
    for (const remove of removals) remove()
  }
}

function specsOf(members: unknown): [string, Specs[string]][] {
  return Object.entries(members as Specs)
}

/** How a client of a contract chooses: a service of the type, or one node. */
export type ClientTarget = SelectOptions | Pick<NodeTarget, 'node' | 'instance'>

type Limits = Omit<ServiceCallOptions, 'request' | 'response'>

/** Calls and messages of one contract. */
export class ServiceClient<Members> {
  static readonly name: string = 'ServiceClient' // See BusNode.
  readonly #cluster: Cluster
  readonly #contract: Contract<Members>
  readonly #target: ClientTarget

  constructor(cluster: Cluster, contract: Contract<Members>, target: ClientTarget = {}) {
    this.#cluster = cluster
    this.#contract = contract
    this.#target = target
  }

  /** The same contract with another choice. */
  to(target: ClientTarget): ServiceClient<Members> {
    return new ServiceClient(this.#cluster, this.#contract, target)
  }

  /** As `cluster.call`. */
  call<Key extends CallKeys<Members> & string>(
    key: Key,
    request: RequestOf<Members[Key]>,
    limits: Limits = {},
  ): Promise<CallOutcome<ResponseOf<Members[Key]>>> {
    return this.#cluster.call(this.#where, this.#name(key), request, this.#codecs(key, limits))
  }

  /** As `cluster.invoke`. */
  invoke<Key extends CallKeys<Members> & string>(
    key: Key,
    request: RequestOf<Members[Key]>,
    limits: Limits = {},
  ): Promise<ResponseOf<Members[Key]>> {
    return this.#cluster.invoke(this.#where, this.#name(key), request, this.#codecs(key, limits))
  }

  /** As `cluster.stream`. */
  stream<Key extends StreamKeys<Members> & string>(
    key: Key,
    request: RequestOf<Members[Key]>,
    limits: Pick<StreamOptions, 'timeoutMs' | 'signal'> = {},
  ): AsyncGenerator<ResponseOf<Members[Key]>, void, undefined> {
    const { request: own, response: part } = this.#codecs<unknown, unknown>(key, {})
    const options = { ...limits, request: own, part } as StreamOptions<
      unknown,
      ResponseOf<Members[Key]>
    >
    return this.#cluster.stream(this.#where, this.#name(key), request, options)
  }

  /** As `cluster.send`. */
  send<Key extends MessageKeys<Members> & string>(
    key: Key,
    message: RequestOf<Members[Key]>,
  ): ClusterSendResult {
    return this.#cluster.send(this.#where, this.#name(key), message, this.#spec(key).request)
  }

  /** As `cluster.broadcast`. */
  broadcast<Key extends MessageKeys<Members> & string>(
    key: Key,
    message: RequestOf<Members[Key]>,
    { excludeSelf = false }: { readonly excludeSelf?: boolean } = {},
  ): number {
    const { request: codec } = this.#spec(key)
    const { app } = this.#contract
    return this.#cluster.broadcast(app, this.#name(key), message, { excludeSelf, codec })
  }

  get #where(): SelectOptions & { readonly app: string } {
    return { ...this.#target, app: this.#contract.app }
  }

  #spec(key: keyof Members & string): Specs[string] {
    return this.#contract.members[key] as Specs[string]
  }

  #name(key: keyof Members & string): CallName {
    return this.#spec(key).name ?? key
  }

  #codecs<Request, Response>(
    key: keyof Members & string,
    limits: Limits,
  ): ServiceCallOptions<Request, Response> {
    const { request, response } = this.#spec(key) as unknown as CallSpec<Request, Response>
    return { ...limits, request, response }
  }
}
