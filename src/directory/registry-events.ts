// What a registry reports to its own process, and the effects it hands out.

import type { Send } from './directory-effects.js'
import type { PollAnswer } from './lookups.js'
import type { Refusal } from './result-code.js'
import type { RemovalReason } from './tombstone.js'

export type RegistryEvent =
  | { readonly kind: 'joined'; readonly busId: bigint; readonly incarnation: string }
  | {
      readonly kind: 'left'
      readonly busId: bigint
      readonly incarnation: string
      readonly reason: RemovalReason
    }
  /** The shell ends the link on ID_CONFLICT and RETIRED. */
  | {
      readonly kind: 'refused'
      readonly busId: bigint
      readonly refusal: Refusal
      /** Who holds what clashes; 0: nobody, or not known here. */
      readonly holder: bigint
    }
  | { readonly kind: 'ready' }
  | { readonly kind: 'protecting'; readonly on: boolean }
  | { readonly kind: 'peer'; readonly busId: bigint; readonly status: 'up' | 'lost' | 'gone' }

export type RegistryEffect =
  | Send
  | PollAnswer
  /** A way leads to this registry, and it has not greeted us. */
  | { readonly kind: 'ask_greeting'; readonly to: bigint }
  | { readonly kind: 'event'; readonly event: RegistryEvent }
