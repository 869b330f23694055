// Providers of the stores with a raw list in them, as a broken registry might have written it.

import { Redis } from 'ioredis'
import type { BootstrapProvider } from '../../src/bootstrap/bootstrap-provider.js'
import { EtcdProvider } from '../../src/bootstrap/etcd-provider.js'
import { RedisProvider } from '../../src/bootstrap/redis-provider.js'

export interface Filled {
  readonly provider: BootstrapProvider
  remove(): void
}

/** Later than any test. */
const FOREVER_MS = 4_000_000_000_000

/** A server that a busy machine holds up for seconds is none that never answers. */
export const PATIENCE_MS = 60_000
export const patientOf = (...endpoints: readonly string[]) => ({
  endpoints,
  answerMs: PATIENCE_MS,
})

let places = 0

/** A key or prefix that no other test has. */
export function placeOf(): string {
  return `test/${process.pid}/${places++}/`
}

export async function filledRedis(url: string, raw: readonly string[]): Promise<Filled> {
  const key = placeOf()
  const redis = new Redis(url)
  if (raw.length > 0) await redis.zadd(key, FOREVER_MS, raw.join('\n'))
  return {
    provider: new RedisProvider({ client: redis, key, answerMs: PATIENCE_MS }),
    remove: () => redis.disconnect(),
  }
}

export async function filledEtcd(url: string, raw: readonly string[]): Promise<Filled> {
  const prefix = placeOf()
  if (raw.length > 0) await etcdSays(url, 'kv/put', keyValue(`${prefix}one`, raw.join('\n')))
  return { provider: new EtcdProvider({ ...patientOf(url), prefix }), remove: () => undefined }
}

export function keyValue(key: string, value: string): Record<string, string> {
  const [inKey, inValue] = [key, value].map((text) => Buffer.from(text).toString('base64'))
  return { key: inKey ?? '', value: inValue ?? '' }
}

/** One request past the code under test; `token` where the server wants one. */
export async function etcdSays(
  url: string,
  path: string,
  fields: object,
  token = '',
): Promise<Record<string, unknown>> {
  const headers = token === '' ? {} : { authorization: token }
  const body = JSON.stringify(fields)
  const response = await fetch(`${url}/v3/${path}`, { method: 'POST', body, headers })
  const said = (await response.json()) as Record<string, unknown>
  if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(said)}`)
  return said
}
