// treebus on each channel and bare sockets, as subjects that stand beside the peers.

import { PEER_NAMES } from '../peers/peers.js'
import type { BenchChannel } from './sizes.js'

export interface OwnSubject {
  readonly kind: 'treebus' | 'bare'
  readonly channel: BenchChannel | 'ring'
}

export const OWN: Readonly<Record<string, OwnSubject>> = {
  'treebus ring': { kind: 'treebus', channel: 'ring' },
  'treebus unix': { kind: 'treebus', channel: 'unix' },
  'treebus tcp': { kind: 'treebus', channel: 'tcp' },
  'bare net unix': { kind: 'bare', channel: 'unix' },
  'bare net tcp': { kind: 'bare', channel: 'tcp' },
}

export const BESIDE: readonly string[] = [...Object.keys(OWN), ...PEER_NAMES]
