// Addresses: what one means, how it is written to us and to plain peers, and which one to prefer.
import { isIP, isIPv4, isIPv6 } from 'node:net'
import type { ChannelKind } from './channel.js'

/** `family` 0 is a name that has to be looked up. An IPv6 `host` carries no brackets. */
export interface TcpAddress {
  readonly kind: 'tcp'
  readonly host: string
  /** 0 to 65,535; 0 asks a listener for a free one. */
  readonly port: number
  readonly family: 0 | 4 | 6
}

/** `path` may be relative to the working directory; at most 107 bytes. */
export interface UnixAddress {
  readonly kind: 'unix'
  readonly path: string
}

export interface NamedAddress {
  readonly kind: 'inproc' | 'ring'
  readonly name: string
}

export type Address = TcpAddress | UnixAddress | NamedAddress

/** Bytes of a socket path: `sun_path` less its closing zero. */
export const UNIX_PATH_BYTES_MAX = 107

const ADDRESS_CHARS_MAX = 512
const NAME_CHARS_MAX = 128
const PORT_MAX = 65_535

// Labels of letters, digits, `-` and `_`, as getaddrinfo takes them; RFC 1035 bounds the lengths.
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*\.?$/i

const KIND_OF_SCHEME: Readonly<Record<string, ChannelKind>> = {
  tcp: 'tcp',
  ipv4: 'tcp',
  ipv6: 'tcp',
  atcp: 'tcp',
  dns: 'tcp',
  unix: 'unix',
  pipe: 'unix',
  inproc: 'inproc',
  ring: 'ring',
}

/**
 * Undefined for whatever is not an address of ours: unknown scheme (`mem`, `shm` too), no port, a
 * port or a length out of bounds, control characters. Schemes are taken in any case.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > ADDRESS_CHARS_MAX) return undefined
  const end = text.indexOf('://')
  if (end < 0) return undefined
  const scheme = text.slice(0, end).toLowerCase()
  const rest = text.slice(end + 3)
  if (!Object.hasOwn(KIND_OF_SCHEME, scheme) || rest === '' || hasControl(rest)) return undefined
  const kind = KIND_OF_SCHEME[scheme]!
  if (kind === 'tcp') return parseHostPort(scheme, rest)
  if (kind === 'unix') return parsePath(rest)
  return rest.length > NAME_CHARS_MAX ? undefined : { kind, name: rest }
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit === 0x7f) return true
  }
  return false
}

function parsePath(path: string): UnixAddress | undefined {
  return Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX ? undefined : { kind: 'unix', path }
}

/** The last colon starts the port (spec C.1); `tcp://` asks for brackets around an IPv6 host. */
function parseHostPort(scheme: string, rest: string): TcpAddress | undefined {
  const colon = rest.lastIndexOf(':')
  const port = parsePort(rest.slice(colon + 1))
  if (colon < 1 || port === undefined) return undefined
  const written = rest.slice(0, colon)
  const bracketed = written.startsWith('[') && written.endsWith(']')
  const host = bracketed ? written.slice(1, -1) : written
  const family = familyOf(host)
  if (family === undefined) return undefined
  if (bracketed && family !== 6) return undefined
  if (scheme === 'tcp' && family === 6 && !bracketed) return undefined
  // The family looks names up under `dns` alone.
  if (family === 0 && scheme !== 'tcp' && scheme !== 'dns') return undefined
  return { kind: 'tcp', host, port, family }
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port > PORT_MAX ? undefined : port
}

function familyOf(host: string): 0 | 4 | 6 | undefined {
  const version = isIP(host)
  if (version === 4 || version === 6) return version
  // `1.2.3` and the like: getaddrinfo would guess an address from it, and not the one meant.
  const looksNumeric = /^[\d.]+$/.test(host)
  return HOST_NAME.test(host) && !looksNumeric ? 0 : undefined
}

/** Our own notation: `tcp://host:port`, `tcp://[v6]:port`, `unix://path`, `inproc://name`. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'tcp': {
      const host = address.family === 6 ? `[${address.host}]` : address.host
      return `tcp://${host}:${address.port}`
    }
    case 'unix':
      return `unix://${address.path}`
    default:
      return `${address.kind}://${address.name}`
  }
}

/**
 * How a plain peer is told of it, or undefined where it must not be: memory of ours means nothing
 * to it, and it would cut a path at its last colon (spec C.1).
 */
export function announcedAddress(address: Address): string | undefined {
  switch (address.kind) {
    case 'tcp': {
      const scheme = { 0: 'dns', 4: 'ipv4', 6: 'ipv6' }[address.family]
      return `${scheme}://${address.host}:${address.port}`
    }
    case 'unix':
      return address.path.includes(':') ? undefined : `unix://${address.path}`
    default:
      return undefined
  }
}

/** The TCP address of a socket's end; a v4 peer of a v6 socket is written as v4. */
export function tcpAddress(host: string, port: number): TcpAddress {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1]
  const plain = mapped ?? host
  return { kind: 'tcp', host: plain, port, family: isIPv4(plain) ? 4 : isIPv6(plain) ? 6 : 0 }
}

/**
 * Whether only processes of this host can come in there. `localhost` counts as loopback; any other
 * name does not, whatever it resolves to now.
 */
export function isLoopback(address: Address): boolean {
  if (address.kind !== 'tcp') return true
  const { host, family } = tcpAddress(address.host, address.port)
  if (family === 4) return host.startsWith('127.')
  if (family === 6) return canonicalIPv6(host) === '[::1]'
  return host.toLowerCase().replace(/\.$/, '') === 'localhost'
}

/** `0:0:0:0:0:0:0:1` and `::1` are one address; the URL parser writes both the same way. */
function canonicalIPv6(host: string): string {
  return new URL(`http://[${host.split('%')[0]}]`).hostname
}

export interface Nearness {
  readonly sameHost: boolean
  /** Implies `sameHost`. */
  readonly sameProcess: boolean
}

/**
 * The higher the better; 0 where the address leads nowhere from here. The figures are those of
 * spec C.1, with inproc for `mem` and the ring for `shm`.
 */
export function priority(address: Address, near: Nearness): number {
  switch (address.kind) {
    case 'inproc':
      return near.sameProcess ? 0x39 : 0
    case 'ring':
      return near.sameHost ? 0x19 : 0
    case 'unix':
      return near.sameHost ? 0x17 : 0
    case 'tcp':
      if (!isLoopback(address)) return 0x03
      return near.sameHost ? 0x13 : 0
  }
}
