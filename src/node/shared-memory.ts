// What a node's connections may take, and whether they may move to shared memory.

import { DEFAULT_CONNECTION_LIMITS } from '../channel/channel.js'
import { loadAddon } from '../channel/native.js'
import type { DriverOptions } from './driver.js'
import type { ResolvedOptions } from './options.js'

const DIAL_TIMEOUT_MS = 5_000

export function connectionsOf(
  options: ResolvedOptions,
): Pick<DriverOptions, 'dialTimeoutMs' | 'limits' | 'rings'> {
  const { core, ringBytes, sendBufferBytesMax, spinMicros } = options
  const limits = { ...DEFAULT_CONNECTION_LIMITS, sendBufferBytesMax }
  const addon = core.hostMark === undefined ? undefined : loadAddon()
  const rings = typeof addon === 'object' ? { ...limits, addon, ringBytes, spinMicros } : undefined
  return { dialTimeoutMs: DIAL_TIMEOUT_MS, limits, rings }
}
