// Registrations that were answered and wait for the confirm that only their author can make.

import type { Admission } from './admission.js'
import type { Connection } from './connection.js'
import type { LinkRole } from './effects.js'
import type { PeerIdentity } from './link.js'

/** `visit`: a node without an id, which gets no link. */
export type Welcome =
  | Exclude<Admission, { kind: 'refuse' | 'probe' | 'again' }>
  | { readonly kind: 'visit' }

export interface Newcomer {
  readonly peer: PeerIdentity
  readonly role: LinkRole
  readonly admission: Welcome
}

/** What it was told, which its confirm has to cover. */
interface Answer {
  readonly bindings: readonly Uint8Array[]
  readonly sinceMs: number
}

interface Expected {
  readonly newcomer: Newcomer
  readonly answer: Answer
}

/** Each has a connection that waits to be registered: their number and time are bounded there. */
export class Newcomers {
  readonly #expected = new Map<Connection, Expected>()

  expect(connection: Connection, newcomer: Newcomer, answer: Answer): void {
    this.#expected.set(connection, { newcomer, answer })
  }

  get(connection: Connection): Expected | undefined {
    return this.#expected.get(connection)
  }

  forget(connection: Connection): void {
    this.#expected.delete(connection)
  }
}
