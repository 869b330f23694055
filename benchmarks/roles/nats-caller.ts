// Keeps a number of requests to a NATS subject in flight and times each.

import { callLoop } from '../call-loop.js'
import type { Role, RoleOptions } from '../role.js'
import { connectNats, SUBJECT } from './nats-node.js'

/** That of a call of ours, so that both pay for a time limit. */
const LIMIT_MS = 30_000

export async function startNatsCaller(options: RoleOptions): Promise<Role> {
  const { dial = '', payloadBytes = 0 } = options
  const nats = await connectNats(dial)
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  const call = () => nats.request(SUBJECT, payload, { timeout: LIMIT_MS })
  return callLoop(options, call, ({ data }) => {
    if (data.length !== payloadBytes) throw new Error('not the answer')
  })
}
