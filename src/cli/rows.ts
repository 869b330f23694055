// From what a node says to what is printed: ids as text, payloads as text or hex.

import { BUS_ERRORS, type BusError } from '../errors.js'
import {
  formatId,
  type LinkInfo,
  type PeerReport,
  type RouteDown,
  type RouteInfo,
} from '../index.js'
import type {
  Arguments,
  FailureRow,
  LinkRow,
  PeerRow,
  RouteDownRow,
  RouteRow,
} from './output-event.js'
import { hexOf, textOf } from './printable.js'

export function linkRow(link: LinkInfo): LinkRow {
  const { role, channel, plain, encrypted, address, pid } = link
  return { id: formatId(link.id), role, channel, plain, encrypted, address, pid }
}

export function peerRow(peer: PeerReport): PeerRow {
  const { role, channel, plain, encrypted, address, roundTripMs } = peer
  const row = { id: formatId(peer.id), role, channel, plain, encrypted, address }
  return roundTripMs === undefined ? row : { ...row, roundTripMs: rounded(roundTripMs) }
}

export function routeRow(route: RouteInfo): RouteRow {
  const { hops, stale, viaRole: role } = route
  const [id, via] = [formatId(route.id), formatId(route.via)]
  return { id, via, role, hops, parent: parentOf(route), stale }
}

/** In the order of their ids. */
export function routeRows(table: Iterable<RouteInfo>): RouteRow[] {
  return [...table].sort((a, b) => (a.id < b.id ? -1 : 1)).map(routeRow)
}

/** Null where it is not known, and for a root. */
export function parentOf({ parent }: RouteInfo): string | null {
  return parent === 0n ? null : formatId(parent)
}

export function routeDownRow({ id, reason }: RouteDown): RouteDownRow {
  return { id: formatId(id), reason }
}

export function argumentsOf(args: readonly Uint8Array[]): Arguments {
  const texts = args.map(textOf)
  const isText = (text: string | undefined): text is string => text !== undefined
  return texts.every(isText) ? { args: texts } : { argsHex: args.map(hexOf) }
}

/** `by` is known for what came back, not for a call that ended here. */
export function failureRow(to: bigint, error: BusError, line: number | undefined): FailureRow {
  const { code } = error
  const row = { id: formatId(to), reason: code.toLowerCase(), code: BUS_ERRORS[code].wire }
  return line === undefined ? row : { ...row, line }
}

/** To the microsecond: what the clock and the loop can tell. */
export function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
