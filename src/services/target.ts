// Whom a call or a message is for, as its maker says it.

import type { BusIdLike } from '../core/bus-id.js'
import type { Candidate } from './candidate.js'
import type { SelectOptions } from './pipeline.js'

/** One service of a type, chosen as the options say. */
export interface TypeTarget extends SelectOptions {
  readonly app: string
}

/** A node, or one service on it. */
export interface NodeTarget {
  readonly node: BusIdLike
  readonly app?: string
  readonly instance?: string
}

/** The one service that has this id, or this name, in its env. */
export type UniqueTarget = { readonly serviceId: number } | { readonly name: string }

/** A text is a type: one service of it, chosen by the default strategy. */
export type Target = string | TypeTarget | NodeTarget | UniqueTarget

/** Where a message goes. */
export interface Destination {
  readonly to: bigint
  readonly serviceId: number
  readonly app: string
  readonly instance: string
  /** The service that was chosen; undefined where a node was named. */
  readonly candidate: Candidate | undefined
}

export function destinationOf(candidate: Candidate): Destination {
  const { node, record } = candidate
  const { app, instance, serviceId } = record
  return { to: node, serviceId, app, instance, candidate }
}
