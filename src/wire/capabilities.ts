// What an announcement says its sender can do, bit by bit.

export const CAPABILITY = {
  /** It keeps a routing table and takes SUBSCRIBE_REQ. */
  ROUTES: 1n,
} as const
