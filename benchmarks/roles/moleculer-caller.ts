// Keeps a number of calls of a Moleculer action in flight and times each.

import { callLoop } from '../call-loop.js'
import type { Role, RoleOptions } from '../role.js'
import { freePort, makeBroker } from './moleculer-node.js'

export async function startMoleculerCaller(options: RoleOptions): Promise<Role> {
  const { dial, payloadBytes = 0 } = options
  const urls = dial === undefined ? [] : [dial]
  const broker = makeBroker({ nodeID: 'caller', port: await freePort(), urls })
  // Without another broker the service is its own: the local case.
  if (dial === undefined) {
    const echo = ({ params }: { readonly params: { readonly payload: string } }) => params.payload
    broker.createService({ name: 'lobby', actions: { echo } })
  }
  await broker.start()
  await broker.waitForServices('lobby')
  const payload = 'Z'.repeat(payloadBytes)
  const call = () => broker.call('lobby.echo', { payload })
  return callLoop(options, call, (answer) => {
    if (answer !== payload) throw new Error('not the answer')
  })
}
