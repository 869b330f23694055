// Keeps a number of calls of a service, chosen by its type each time, in flight and times each.

import { Cluster } from '../../src/services/cluster.js'
import { bytesCodec } from '../../src/services/codec.js'
import { callLoop } from '../call-loop.js'
import type { Role, RoleOptions } from '../role.js'
import { REGISTRY } from './service-answerer.js'

const CODECS = { request: bytesCodec, response: bytesCodec }

export async function startServiceCaller(options: RoleOptions): Promise<Role> {
  const { dial, id = 2, payloadBytes = 0 } = options
  // Without another node the service is its own: the local case.
  const place = dial === undefined ? { registry: REGISTRY, services: ['lobby'] } : { parent: dial }
  const cluster = await Cluster.join({ id, ...place }, (made) => {
    made.handle<Uint8Array, Uint8Array>('echo', (payload) => payload, CODECS)
  })
  await cluster.waitFor('lobby')
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  const call = () => cluster.invoke('lobby', 'echo', payload, CODECS)
  return callLoop(options, call, (answer) => {
    if (answer.length !== payloadBytes) throw new Error('not the answer')
  })
}
