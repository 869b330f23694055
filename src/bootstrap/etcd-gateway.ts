// Requests to etcd v3 over its HTTP JSON gateway: endpoints in turn, a token, bounded answers.

import { BusError } from '../errors.js'
import type { FollowerTimer } from './address-follower.js'
import { ANSWER_MS, processTimer, withinLimit } from './time-limit.js'

/** Sixty-four registries with sixty-four addresses of full length, in base64, with their keys. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024

/** gRPC's status for what is not there: a lease that has ended. */
const NOT_FOUND = 5

export interface EtcdGatewayOptions {
  /** `http://host:2379`, `https://…`; the first that answers is used until it does not. */
  readonly endpoints: readonly string[]
  readonly user?: string
  readonly password?: string
  /** How long one request to one endpoint may take. Default 1,000. */
  readonly answerMs?: number
  readonly timer?: FollowerTimer
}

export type EtcdFields = Readonly<Record<string, unknown>>

/** What one endpoint said to one request. */
type Said = { readonly status: number; readonly fields: EtcdFields }

export class EtcdGateway {
  readonly #options: EtcdGatewayOptions
  #endpoint = 0
  #token: string | undefined

  constructor(options: EtcdGatewayOptions) {
    if (options.endpoints.length === 0 || !options.endpoints.every(isEndpoint)) {
      throw new BusError('BAD_CONFIGURATION', 'etcd needs endpoints like http://host:2379')
    }
    this.#options = options
  }

  /** The answer's fields; undefined where the thing asked for is not there. */
  async ask(path: string, fields: EtcdFields): Promise<EtcdFields | undefined> {
    let said = await this.#said(path, fields)
    // A token ends by its time, or with the server that gave it.
    if (said.status === 401 && this.#options.user !== undefined) {
      this.#token = undefined
      said = await this.#said(path, fields)
    }
    if (said.status === 200) return said.fields
    if (said.fields.code === NOT_FOUND) return undefined
    throw new BusError('REMOTE', `etcd answered ${path} with ${said.status}${reasonOf(said)}`)
  }

  /** Calls for every line the server sends after its first; ends with the stream. */
  async follow(
    path: string,
    fields: EtcdFields,
    { signal, onLine }: { signal: AbortSignal; onLine: () => void },
  ): Promise<void> {
    await this.#authenticate()
    const response = await this.#fetched(path, fields, signal)
    if (response.status !== 200 || response.body === null) return
    let lines = 0
    // Only the ends of lines are looked at, so a line of any length costs nothing.
    for await (const chunk of response.body) {
      for (const byte of chunk) if (byte === 10 && lines++ > 0) onLine()
    }
  }

  async #said(path: string, fields: EtcdFields): Promise<Said> {
    await this.#authenticate()
    return this.#fromAny(path, fields)
  }

  async #authenticate(): Promise<void> {
    const { user: name, password = '' } = this.#options
    if (name === undefined || this.#token !== undefined) return
    const { status, fields } = await this.#fromAny('auth/authenticate', { name, password })
    if (status !== 200 || typeof fields.token !== 'string') {
      throw new BusError('ACCESS_DENIED', `etcd refused the user ${name}${reasonOf({ fields })}`)
    }
    this.#token = fields.token
  }

  /** Each endpoint once, beginning with the one that answered last. */
  async #fromAny(path: string, fields: EtcdFields): Promise<Said> {
    const { endpoints, answerMs = ANSWER_MS, timer = processTimer } = this.#options
    let failure: unknown
    for (let tried = 0; tried < endpoints.length; tried++) {
      const what = `etcd at ${endpoints[this.#endpoint]}`
      try {
        return await withinLimit({ timer, limitMs: answerMs, what }, (signal) =>
          this.#fromOne(path, fields, signal),
        )
      } catch (cause) {
        failure = new BusError('DIAL_FAILED', what, { cause })
        this.#endpoint = (this.#endpoint + 1) % endpoints.length
      }
    }
    throw failure
  }

  async #fromOne(path: string, fields: EtcdFields, signal: AbortSignal): Promise<Said> {
    const response = await this.#fetched(path, fields, signal)
    const text = await boundedText(response)
    // A server without a leader answers, but another one may have it.
    if (response.status >= 500) throw new BusError('REMOTE', `status ${response.status}`)
    return { status: response.status, fields: fieldsOf(text) }
  }

  #fetched(path: string, fields: EtcdFields, signal: AbortSignal): Promise<Response> {
    const endpoint = this.#options.endpoints[this.#endpoint] ?? ''
    return fetch(`${endpoint.replace(/\/+$/, '')}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(fields),
      headers: this.#token === undefined ? {} : { authorization: this.#token },
      // The token is for the endpoints that were named, and for nobody else.
      redirect: 'error',
      signal,
    })
  }
}

function isEndpoint(text: string): boolean {
  return /^https?:\/\/[^/@\s]+\/*$/.test(text)
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new BusError('BAD_SIZE', 'an answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A streamed answer wraps its one line in `result`. */
function fieldsOf(text: string): EtcdFields {
  const parsed = JSON.parse(text.split('\n', 1)[0] ?? '')
  const fields = parsed?.result ?? parsed
  if (typeof fields === 'object' && fields !== null) return fields
  throw new BusError('BAD_MESSAGE', 'an answer is no object')
}

function reasonOf({ fields }: { fields: EtcdFields }): string {
  const reason = fields.message ?? fields.error
  return typeof reason === 'string' ? `: ${reason.slice(0, 200)}` : ''
}
