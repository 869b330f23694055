// How peers send one message to many receivers: by a publish of theirs, or one by one.

import type { FanPeer } from './peer.js'
import { peerNamed } from './peers.js'

const FANS: Readonly<Record<string, () => Promise<FanPeer>>> = {
  treebus: async () => (await import('./treebus.js')).treebusFan,
  bare: async () => (await import('./bare.js')).bareFan,
}

/** Brokers copy what was published once; of the others only these are asked. */
export const FAN_SUBJECTS: readonly string[] = [
  'treebus ring',
  'treebus unix',
  'bare net unix',
  'nats',
  'redis',
]

/** Whether a server between them does the copying. */
export function isPublished(name: string): boolean {
  const peer = peerNamed(name)
  return peer !== undefined && 'server' in peer && peer.server !== undefined
}

export function loadFan(name = ''): Promise<FanPeer> {
  const load = FANS[name.split(' ')[0] ?? '']
  if (load === undefined) throw new Error(`${name} sends to one at a time`)
  return load()
}
