// Addresses in a Redis server, which registries write themselves and which expire with them.

import { BusError } from '../errors.js'
import type { FollowerTimer } from './address-follower.js'
import {
  ADDRESSES_MAX,
  ADVERTISED_MS,
  type AdvertisingProvider,
  lawfulAddresses,
} from './bootstrap-provider.js'
import { ANSWER_MS, processTimer, withinLimit } from './time-limit.js'

/** What is used of a client of `ioredis`. */
export interface IoredisClient {
  call(command: string, ...args: string[]): Promise<unknown>
}

/** What is used of a client of `redis`. */
export interface NodeRedisClient {
  sendCommand(command: string[]): Promise<unknown>
}

export interface RedisProviderOptions {
  /**
   * A connected client, which stays the caller's, or a URL (`redis://user:password@host:port/0`):
   * then the package `ioredis` must be installed, and the connection ends with the provider.
   */
  readonly client: string | IoredisClient | NodeRedisClient
  /** The key of the sorted set that holds the addresses. Default `treebus:registries`. */
  readonly key?: string
  /** How long one reading or writing may take. Default 1,000. */
  readonly answerMs?: number
  readonly timer?: FollowerTimer
}

interface OpenClient {
  command(...words: string[]): Promise<unknown>
  end(): void
}

/**
 * The addresses of one registry are one member of a sorted set, whose score is the time of the
 * server at which it expires. So nothing depends on the clocks of the registries, and two of them
 * never overwrite each other.
 */
export class RedisProvider implements AdvertisingProvider {
  readonly name: string
  readonly #options: RedisProviderOptions
  readonly #key: string
  #client: Promise<OpenClient> | undefined
  #own: string | undefined

  constructor(options: RedisProviderOptions) {
    this.#options = options
    this.#key = options.key ?? 'treebus:registries'
    // The URL may hold a password, so only the key is named.
    this.name = `redis ${this.#key}`
  }

  async read(): Promise<readonly string[]> {
    const members = await this.#within(async (client) => {
      const now = await serverNowMs(client)
      const bounds = [`(${now}`, '+inf', 'LIMIT', '0', `${ADDRESSES_MAX}`]
      return client.command('ZRANGEBYSCORE', this.#key, ...bounds)
    })
    // By text, since the order of the scores changes with every advertisement.
    return lawfulAddresses(
      textsOf(members)
        .sort()
        .flatMap((member) => member.split('\n')),
    )
  }

  async advertise(addresses: readonly string[]): Promise<void> {
    const member = lawfulAddresses(addresses).join('\n')
    await this.#within(async (client) => {
      const now = await serverNowMs(client)
      if (this.#own !== undefined && this.#own !== member) await this.#withdraw(client, this.#own)
      this.#own = member === '' ? undefined : member
      if (this.#own === undefined) return
      await client.command('ZADD', this.#key, `${now + ADVERTISED_MS}`, member)
      await client.command('ZREMRANGEBYSCORE', this.#key, '-inf', `${now}`)
      await client.command('PEXPIRE', this.#key, `${2 * ADVERTISED_MS}`)
    })
  }

  async close(): Promise<void> {
    const own = this.#own
    this.#own = undefined
    // A server that is away cannot be told, and forgets the member by itself.
    if (own !== undefined) {
      await this.#within((client) => this.#withdraw(client, own)).catch(() => undefined)
    }
    const client = await this.#client?.catch(() => undefined)
    client?.end()
  }

  async #withdraw(client: OpenClient, member: string): Promise<void> {
    await client.command('ZREM', this.#key, member)
  }

  #within<T>(work: (client: OpenClient) => Promise<T>): Promise<T> {
    const { timer = processTimer, answerMs = ANSWER_MS, client } = this.#options
    this.#client ??= opened(client, answerMs)
    const open = this.#client
    return withinLimit({ timer, limitMs: answerMs, what: this.name }, async () => work(await open))
  }
}

async function opened(
  client: RedisProviderOptions['client'],
  answerMs: number,
): Promise<OpenClient> {
  if (typeof client === 'string') return connected(client, answerMs)
  const end = (): void => undefined
  if ('call' in client) {
    return { command: (command, ...args) => client.call(command ?? '', ...args), end }
  }
  return { command: (...words) => client.sendCommand(words), end }
}

async function connected(url: string, answerMs: number): Promise<OpenClient> {
  const { Redis } = await import('ioredis').catch(notInstalled)
  // A command that meets no connection fails at once; the next reading is the retry.
  const redis = new Redis(url, {
    maxRetriesPerRequest: 0,
    retryStrategy: () => ANSWER_MS / 2,
    connectTimeout: answerMs,
  })
  // Without a listener it would write each failure to the console; commands tell of them anyway.
  redis.on('error', () => undefined)
  return {
    command: (command, ...args) => redis.call(command ?? '', ...args),
    end: () => redis.disconnect(),
  }
}

function notInstalled(cause: unknown): never {
  throw new BusError(
    'BAD_CONFIGURATION',
    'a Redis URL needs the package ioredis: npm install ioredis',
    { cause },
  )
}

async function serverNowMs(client: OpenClient): Promise<number> {
  const [seconds, micros] = textsOf(await client.command('TIME'))
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  if (Number.isSafeInteger(nowMs)) return nowMs
  throw new BusError('BAD_MESSAGE', 'the Redis server did not tell its time')
}

function textsOf(answer: unknown): string[] {
  return Array.isArray(answer) ? answer.slice(0, ADDRESSES_MAX).map(String) : []
}
