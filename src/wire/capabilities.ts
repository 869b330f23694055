// What a node says in its announcement that it can do: bits, so that a newer one can add some.

/** It keeps a routing table: it may be sent SUBSCRIBE_REQ, and whatever follows from one. */
export const CAPABILITY_ROUTES = 1n
