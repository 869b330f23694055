// Addresses in etcd, each registry's under a lease, and watched.

import { BusError } from '../errors.js'
import {
  ADDRESSES_MAX,
  ADVERTISED_MS,
  type AdvertisingProvider,
  lawfulAddresses,
} from './bootstrap-provider.js'
import { EtcdGateway, type EtcdGatewayOptions } from './etcd-gateway.js'

export interface EtcdProviderOptions extends EtcdGatewayOptions {
  /** What the keys of all registries begin with. Default `treebus/registries/`. */
  readonly prefix?: string
}

interface Kept {
  readonly lease: string
  readonly key: string
}

export class EtcdProvider implements AdvertisingProvider {
  readonly name: string
  readonly #prefix: string
  readonly #gateway: EtcdGateway
  #kept: Kept | undefined
  #onChange: (() => void) | undefined
  #watch: AbortController | undefined

  constructor(options: EtcdProviderOptions) {
    this.#prefix = options.prefix ?? 'treebus/registries/'
    if (this.#prefix === '') throw new BusError('BAD_CONFIGURATION', 'the etcd prefix is empty')
    this.name = `etcd ${this.#prefix}`
    this.#gateway = new EtcdGateway(options)
  }

  async read(): Promise<readonly string[]> {
    this.#keepWatching()
    const range = { ...this.#range(), limit: `${ADDRESSES_MAX}` }
    const { kvs } = await this.#asked('kv/range', range)
    const values = Array.isArray(kvs) ? kvs.slice(0, ADDRESSES_MAX).map(addressesText) : []
    return lawfulAddresses(values.flatMap((value) => value.split('\n')))
  }

  watch(onChange: () => void): void {
    this.#onChange = onChange
  }

  async advertise(addresses: readonly string[]): Promise<void> {
    const value = base64(lawfulAddresses(addresses).join('\n'))
    if (this.#kept !== undefined && (await this.#renewed(this.#kept, value))) return
    // The lease ended while nobody could reach the server: the key went with it.
    this.#kept = await this.#granted()
    if (await this.#put(this.#kept, value)) return
    throw new BusError('REMOTE', 'etcd ended a lease at once')
  }

  async close(): Promise<void> {
    this.#onChange = undefined
    this.#watch?.abort()
    const kept = this.#kept
    this.#kept = undefined
    if (kept === undefined) return
    // A server that is away cannot be told, and ends the lease by itself.
    await this.#gateway.ask('lease/revoke', { ID: kept.lease }).catch(() => undefined)
  }

  async #granted(): Promise<Kept> {
    const { ID } = await this.#asked('lease/grant', { TTL: `${ADVERTISED_MS / 1_000}`, ID: '0' })
    if (typeof ID !== 'string') throw new BusError('BAD_MESSAGE', 'etcd granted no lease')
    return { lease: ID, key: base64(`${this.#prefix}${ID}`) }
  }

  async #renewed(kept: Kept, value: string): Promise<boolean> {
    const answer = await this.#gateway.ask('lease/keepalive', { ID: kept.lease })
    // A lease that has ended is answered without a time to live.
    if (answer === undefined || Number(answer.TTL ?? 0) <= 0) return false
    return this.#put(kept, value)
  }

  /** Writes only what differs, so that an address that stands wakes no watcher. */
  async #put({ lease, key }: Kept, value: string): Promise<boolean> {
    const stands = { key, target: 'VALUE', result: 'EQUAL', value }
    const put = { requestPut: { key, value, lease } }
    return (await this.#gateway.ask('kv/txn', { compare: [stands], failure: [put] })) !== undefined
  }

  /** A watch only says when to read; without one the address is read at its next time. */
  #keepWatching(): void {
    if (this.#onChange === undefined || this.#watch !== undefined) return
    const watch = new AbortController()
    this.#watch = watch
    const onLine = (): void => this.#onChange?.()
    const ended = this.#gateway.follow(
      'watch',
      { create_request: this.#range() },
      { signal: watch.signal, onLine },
    )
    const again = (): void => {
      this.#watch = undefined
    }
    ended.then(again, again)
  }

  #range(): { key: string; range_end: string } {
    return { key: base64(this.#prefix), range_end: pastPrefix(this.#prefix) }
  }

  async #asked(path: string, fields: Record<string, unknown>): Promise<Record<string, unknown>> {
    const answer = await this.#gateway.ask(path, fields)
    if (answer === undefined) throw new BusError('REMOTE', `etcd does not know ${path}`)
    return answer
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function addressesText(entry: unknown): string {
  const { value } = (entry ?? {}) as { value?: unknown }
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : ''
}

/** The first key that no longer begins with the prefix: no byte of UTF-8 is the highest. */
function pastPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix, 'utf8')
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) + 1
  return bytes.toString('base64')
}
