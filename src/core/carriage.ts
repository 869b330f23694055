// What the shell can do for a connection whose bytes may move between a socket and a ring.

import type { CarrierName, RingBell, RingOffer } from '../wire/carrier-messages.js'

/**
 * Called from within a step, as an outlet is. At most one ring at a time; until it is shared either
 * end may forget it. Reasons are single words, such as the system's name of an error.
 */
export interface Carriage {
  /** The other end is known to be a process of this host. */
  readonly sameHost: boolean
  /** Makes a ring to offer, or says why it cannot. */
  offer(): Omit<RingOffer, 'hostMark'> | string
  /** Opens what was offered, its bell as well; returns our bell, or why it cannot be. */
  accept(offer: RingOffer): RingBell | string
  /** The other end has opened what we offered. Why its bell cannot be rung, if so. */
  conclude(bell: RingBell): string | undefined
  /** Forgets the ring. What was written into it is still read by the other end. */
  drop(): void
  /** `lastFrame` goes by the present carrier, all that follows by `to`. Not `ok`: nothing changed. */
  write(to: CarrierName, lastFrame: Uint8Array): 'ok' | 'full' | 'closed'
  /** The last frame by the present carrier was read: what follows comes by `from`. */
  read(from: CarrierName): void
}
