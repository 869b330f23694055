// What an announcement says its sender can do, bit by bit.

export const CAPABILITY = {
  /** It keeps a routing table and takes SUBSCRIBE_REQ. */
  ROUTES: 1n,
  /** It opens links to siblings when a parent says so (CONN_SYNC). */
  SIBLINGS: 2n,
} as const
