// Answers each request of a NATS subject with its own payload.

import { markOf, type Role, type RoleOptions } from '../role.js'
import { connectNats, SUBJECT } from './nats-node.js'

export async function startNatsAnswerer({ dial = '' }: RoleOptions): Promise<Role> {
  const nats = await connectNats(dial)
  let count = 0
  nats.subscribe(SUBJECT, {
    callback: (_error, message) => {
      message.respond(message.data)
      count++
    },
  })
  await nats.flush()
  return { mark: () => markOf(count) }
}
