// Answers each call of a Moleculer action with its own payload.

import { markOf, type Role } from '../role.js'
import { freePort, makeBroker } from './moleculer-node.js'

export async function startMoleculerAnswerer(): Promise<Role> {
  const port = await freePort()
  const broker = makeBroker({ nodeID: 'answerer', port, urls: [] })
  let count = 0
  broker.createService({
    name: 'lobby',
    actions: {
      echo({ params }: { readonly params: { readonly payload: string } }) {
        count++
        return params.payload
      },
    },
  })
  await broker.start()
  return { address: `127.0.0.1:${port}/answerer`, mark: () => markOf(count) }
}
