// Connections that gave way to another one of the same two nodes: both dialled each other at once.
//
// Either end says its last word on it when it learns of the other connection, and reads on until
// the last word of the other end. Who has spoken on it says on the connection that stays that more
// is to come by the other: nothing that was said on the way is lost, and nothing overtakes it.

import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { Links } from './links.js'
import type { PathGates } from './path-gates.js'

export class Yielding {
  readonly #state: CoreState
  readonly #links: Links
  readonly #gates: PathGates

  constructor(state: CoreState, links: Links, gates: PathGates) {
    this.#state = state
    this.#links = links
    this.#gates = gates
  }

  /** `connection` had a link, whose place `link` has taken. */
  takeOver(connection: Connection, link: Link): void {
    this.begin(connection, link)
    this.#links.sayLeave(link.control, 0, 'follows')
  }

  /** `link` stands; nothing of ours was ever said on `connection`. */
  begin(connection: Connection, link: Link): void {
    const { config, deadlines, nowMs } = this.#state
    this.#links.readOn(connection, link)
    this.#links.sayLeave(connection, 0, 'yields')
    if (connection.hasLastWord) this.#links.close(connection, 'flush')
    // Whoever has not said it by then has lost the connection.
    else deadlines.set(`yield:${connection.number}`, nowMs + config.limits.registerMs)
  }

  /** Nothing more comes by it. Before we know of the other connection it is only noted. */
  lastWord(connection: Connection): void {
    connection.hasLastWord = true
    if (connection.yields) this.#links.close(connection, 'flush')
  }

  /** What comes on its own connection from now on was said behind a last word elsewhere. */
  follows(connection: Connection): void {
    const { link } = connection
    if (link?.control === connection && !link.hasYielded) this.#gates.waitForLastWord(link)
  }
}
