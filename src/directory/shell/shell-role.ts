// What a directory needs of a core, whichever of the two its node runs.

import type { ClientEffect } from '../client-config.js'
import type { ClientTable } from '../client-table.js'
import type { BusInput } from '../directory-effects.js'
import type { Answer, Change, Retire } from '../directory-messages.js'
import type { Moment } from '../moment.js'
import type { Registration } from '../record.js'
import type { RegistryStatus } from '../registry-core.js'
import type { RegistryEffect } from '../registry-events.js'
import type { WholeOffer } from './service-offer.js'

export type ShellEffect =
  | ClientEffect
  | RegistryEffect
  /** Of an order, or of the word that this node leaves. */
  | { readonly kind: 'answer'; readonly from: bigint; readonly answer: Answer }

export type ShellInput =
  | Exclude<BusInput, { kind: 'route' }>
  | {
      readonly kind: 'route'
      readonly id: bigint
      readonly up: boolean
      /** The way leads to another life than the listed one, whose services stay down. */
      readonly isOtherLife: boolean
    }
  | { readonly kind: 'dial_failed'; readonly id: bigint }
  /** Of a registry: this node asks to be greeted; it need not be a neighbour. */
  | { readonly kind: 'asked'; readonly id: bigint }
  /** A message to this node came back. */
  | { readonly kind: 'undelivered'; readonly id: bigint }

export type Order = Change | Retire

export interface Role {
  readonly nextDueMs: number
  /** All others; what this node offers itself is `own`. */
  readonly table: ClientTable
  readonly own: Registration | undefined
  readonly state: 'whole' | 'stale'
  /** The registry whose list this is. */
  readonly registry: bigint | undefined
  readonly isRegistry: boolean
  /** Only of a registry; counted anew each time. */
  readonly status: RegistryStatus | undefined
  start(moment: Moment): ShellEffect[]
  handle(moment: Moment, input: ShellInput): ShellEffect[]
  offer(moment: Moment, offer: WholeOffer): ShellEffect[]
  /** Undefined where no registry is known to ask. */
  order(moment: Moment, order: Order): ShellEffect[] | undefined
  stop(moment: Moment): ShellEffect[]
}
