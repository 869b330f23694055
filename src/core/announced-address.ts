// An address that we listen on, as a peer can use it.

/** "On every interface": as an address to dial it would lead the peer to itself (spec C.1). */
const WILDCARD = /^(?:ipv4:\/\/0\.0\.0\.0|ipv6:\/\/::):(\d+)$/

/** Our own notation of a socket's end. */
const LOCAL_TCP = /^tcp:\/\/(?:\[([^\]]+)\]|([^:[\]]+)):\d+$/

/**
 * A listener on every interface is announced under the address that this peer reached us by.
 * Undefined where a peer that came by another channel could not use it at all.
 */
export function announceable(announced: string, localAddress: string): string | undefined {
  const port = WILDCARD.exec(announced)?.[1]
  if (port === undefined) return announced
  const [, v6, v4] = LOCAL_TCP.exec(localAddress) ?? []
  if (v6 !== undefined) return `ipv6://${v6}:${port}`
  return v4 === undefined ? undefined : `ipv4://${v4}:${port}`
}
