// What the core takes from the world: chance, the calendar, a crypto library, native code.

import { loadAddon } from '../channel/native.js'
import type { Ambient } from '../core/config.js'
import { Entropy } from './entropy.js'
import { nodePrimitives } from './primitives.js'

/** With a pool of random bytes of its own. */
export function nodeAmbient(): Ambient {
  const entropy = new Entropy()
  const addon = loadAddon()
  return {
    ...(typeof addon === 'object' && { scanData: addon.scanData, sealFrames: addon.sealFrames }),
    primitives: nodePrimitives,
    random: (bytes) => entropy.take(bytes),
    wallMs: () => Date.now(),
  }
}
