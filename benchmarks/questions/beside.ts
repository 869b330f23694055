// treebus on each channel and bare sockets, as subjects that stand beside the peers.

import { BusNode } from '../../src/index.js'
import { PEER_NAMES } from '../peers/peers.js'
import type { BenchChannel } from './sizes.js'

export interface OwnSubject {
  readonly kind: 'treebus' | 'bare'
  readonly channel: BenchChannel | 'ring'
  /** Many messages in one call, and in one event. */
  readonly batches?: boolean
}

/** Of a build that can send and receive many messages at a time. */
const BATCHES: Readonly<Record<string, OwnSubject>> = {
  'treebus ring batches': { kind: 'treebus', channel: 'ring', batches: true },
  'treebus unix batches': { kind: 'treebus', channel: 'unix', batches: true },
  'treebus tcp batches': { kind: 'treebus', channel: 'tcp', batches: true },
}

export const OWN: Readonly<Record<string, OwnSubject>> = {
  'treebus ring': { kind: 'treebus', channel: 'ring' },
  'treebus unix': { kind: 'treebus', channel: 'unix' },
  'treebus tcp': { kind: 'treebus', channel: 'tcp' },
  'bare net unix': { kind: 'bare', channel: 'unix' },
  'bare net tcp': { kind: 'bare', channel: 'tcp' },
}

export const BESIDE: readonly string[] = [...Object.keys(OWN), ...PEER_NAMES]

const HAS_BATCHES = 'sendMany' in BusNode.prototype

/** One way there is a form for batches, which stands first. */
export const OWN_ONE_WAY = HAS_BATCHES ? { ...BATCHES, ...OWN } : OWN

export const BESIDE_ONE_WAY: readonly string[] = [...Object.keys(OWN_ONE_WAY), ...PEER_NAMES]

/** Everything that is a messaging system, and so a rival. */
export const RIVALS = PEER_NAMES.filter((name) => name !== 'MessagePort' && name !== 'child ipc')
