// The numbers of removal reasons on the wire: their places in this list, which only grows.

import { REMOVAL, type RemovalReason } from './tombstone.js'

export const REASONS: readonly RemovalReason[] = [
  REMOVAL.CANCEL,
  REMOVAL.RETIRE,
  REMOVAL.EXPIRED,
  REMOVAL.REPLACED,
  REMOVAL.CONFLICT,
]
