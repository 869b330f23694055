// What a node says in its announcement that it can do: bits, so that a newer one can add some.

export const CAPABILITY = {
  /** It keeps a routing table: it may be sent SUBSCRIBE_REQ, and whatever follows from one. */
  ROUTES: 1n,
  /** It opens links to siblings when a parent says so (CONN_SYNC). */
  SIBLINGS: 2n,
  /** The IVs of its AEAD ciphers count: nothing that it sealed is lawful twice. */
  COUNTED_IVS: 4n,
  /** It moves links to shared memory: it may be sent RING_OFFER. */
  RINGS: 8n,
  /** It reads records among the frames (see record-header.ts). */
  RECORDS: 16n,
  /** It also reads records that come from afar or go on, which name both ends. */
  ROUTED_RECORDS: 32n,
} as const
