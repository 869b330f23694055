// Keeps the list of services, and answers each call of one with its own payload.

import { Cluster } from '../../src/services/cluster.js'
import { bytesCodec } from '../../src/services/codec.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/** Alone, a registry would wait a minute for others that might know more. */
export const REGISTRY = { times: { warmUpMs: 200 } }

export async function startServiceAnswerer({ id = 1, listen = '' }: RoleOptions): Promise<Role> {
  let count = 0
  const cluster = await Cluster.join(
    { id, listen: [listen], registry: REGISTRY, services: ['lobby'] },
    (made) => {
      const codecs = { request: bytesCodec, response: bytesCodec }
      const echo = (payload: Uint8Array) => {
        count++
        return payload
      }
      made.handle<Uint8Array, Uint8Array>('echo', echo, codecs)
    },
  )
  const [address = ''] = cluster.node.addresses
  return { address, mark: () => markOf(count) }
}
