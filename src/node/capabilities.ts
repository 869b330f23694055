// What this process can do that not every one can.

import { loadAddon } from '../channel/native.js'

export interface Capabilities {
  /** True where `ring://` works; else why it does not, such as that the addon was not built. */
  readonly sharedMemory: true | string
}

export function capabilities(): Capabilities {
  const addon = loadAddon()
  return { sharedMemory: typeof addon === 'string' ? addon : true }
}
