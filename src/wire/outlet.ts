// Where encoded frames are written: memory that a carrier lends for one frame at a time.

/**
 * A carrier's staging memory, as the codec sees it. The codec claims room, writes the frame from
 * `offset` on into `buffer`, and commits what it used; nothing is allocated or copied on the way.
 */
export interface Outlet {
  /** Valid from a successful `claim` to its `commit`. */
  readonly buffer: Uint8Array
  readonly offset: number
  /**
   * Room for one frame of at most `bytes`. `full`: the send limit would be passed; try again after
   * the carrier drained. `closed`: nothing will ever be sent again.
   */
  claim(bytes: number): 'ok' | 'full' | 'closed'
  /** The frame takes the first `bytes` of what was claimed (0 gives the claim back). */
  commit(bytes: number): void
  /** Bytes that were committed and wait in the carrier. */
  readonly pendingBytes: number
}
