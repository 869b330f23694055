// What the core takes from the world: chance, the calendar, and a crypto library.

import type { Ambient } from '../core/config.js'
import { Entropy } from './entropy.js'
import { nodePrimitives } from './primitives.js'

/** With a pool of random bytes of its own. */
export function nodeAmbient(): Ambient {
  const entropy = new Entropy()
  return {
    primitives: nodePrimitives,
    random: (bytes) => entropy.take(bytes),
    wallMs: () => Date.now(),
  }
}
