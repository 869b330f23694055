// Makes the session of a new connection from the node's rules.

import { Session } from '../wire/session.js'
import type { CoreState } from './core-state.js'

export function newSession(state: CoreState): Session {
  const { ambient, config, messageBytesMax } = state
  return new Session({
    primitives: ambient.primitives,
    random: (bytes) => ambient.random(bytes),
    curve: config.security.keyExchange,
    ciphers: config.security.ciphers,
    compressions: config.compressions,
    bodyBytesMax: messageBytesMax,
  })
}
