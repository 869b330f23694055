// The role of a node that registers at registries and watches one of them.

import type { ClientConfig } from '../client-config.js'
import type { ClientTable } from '../client-table.js'
import { DirectoryClient } from '../directory-client.js'
import type { Moment } from '../moment.js'
import type { Registration } from '../record.js'
import type { WholeOffer } from './service-offer.js'
import type { Order, Role, ShellEffect, ShellInput } from './shell-role.js'

export class ClientRole implements Role {
  readonly isRegistry = false
  readonly status = undefined
  readonly #core: DirectoryClient

  constructor(config: ClientConfig) {
    this.#core = new DirectoryClient(config)
  }

  get nextDueMs(): number {
    return this.#core.nextDueMs
  }

  get table(): ClientTable {
    return this.#core.table
  }

  get own(): Registration | undefined {
    return this.#core.own
  }

  get state(): 'whole' | 'stale' {
    return this.#core.watch.state
  }

  get registry(): bigint | undefined {
    return this.#core.watch.registry
  }

  start(): ShellEffect[] {
    return []
  }

  handle(moment: Moment, input: ShellInput): ShellEffect[] {
    if (input.kind === 'message' && input.message.kind === 'answer') {
      return [{ kind: 'answer', from: input.from, answer: input.message }]
    }
    if (input.kind === 'route' && input.up && input.isOtherLife) return []
    // What is not answered is sent again.
    if (input.kind === 'undelivered' || input.kind === 'asked') return []
    return this.#core.handle(moment, input)
  }

  offer(moment: Moment, offer: WholeOffer): ShellEffect[] {
    return this.#core.handle(moment, { kind: 'offer', offer })
  }

  order(_moment: Moment, order: Order): ShellEffect[] | undefined {
    const to = this.registry
    return to === undefined ? undefined : [{ kind: 'send', to, message: order }]
  }

  stop(moment: Moment): ShellEffect[] {
    return this.#core.handle(moment, { kind: 'stop' })
  }
}
