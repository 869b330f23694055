// A record as an object: what the tables that are not rows keep.

import type { RouteRecord } from '../../src/wire/route-record.js'

export interface RouteObject {
  readonly idHigh: number
  readonly idLow: number
  readonly incarnation: string
  readonly attach: number
  readonly parentHigh: number
  readonly parentLow: number
  readonly hops: number
  readonly link: { readonly live: boolean }
}

const LINK = { live: true }

/** The incarnation as 16 Latin-1 characters: the smallest form that the engine has for it. */
export function objectOf(record: RouteRecord): RouteObject {
  const { attach, hops, idHigh, idLow, incarnation, parentHigh, parentLow } = record
  const bytes: number[] = []
  for (const word of incarnation) {
    bytes.push(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255)
  }
  const life = String.fromCharCode(...bytes)
  return { idHigh, idLow, incarnation: life, attach, parentHigh, parentLow, hops, link: LINK }
}
