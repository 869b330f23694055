// The words of the directory: what nodes and registries say to each other (services.md 5.5).

import type { Stamp } from './hlc.js'
import type { Registration } from './record.js'
import type { ResultCode } from './result-code.js'
import type { Tombstone } from './tombstone.js'

/** Which version of which life, without its content. */
export interface Version {
  readonly busId: bigint
  readonly incarnation: string
  readonly stamp: Stamp
}

/** Registry to node or registry: first on every link (000-03). A new epoch: a new, empty life. */
export interface Hello {
  readonly kind: 'hello'
  readonly zone: string
  readonly epoch: bigint
  readonly ready: boolean
}

/** `sentTo`: all registries the node sends the same to, so that none passes it to another (R3). */
export interface Register {
  readonly kind: 'register'
  readonly registration: Registration
  readonly sentTo: readonly bigint[]
}

/** Also said unasked, with ID_CONFLICT, to the loser of a clash. */
export interface RegisterAnswer {
  readonly kind: 'register_answer'
  /** Of the registration that is answered. */
  readonly stamp: Stamp
  readonly code: ResultCode
  /** The clashing claim or the wrong field. */
  readonly what: string
  readonly says: string
  /** Who holds the claim; 0: nobody. */
  readonly holder: bigint
  readonly doNotDial: readonly bigint[]
  /** With STALE: what the owner's next stamp must exceed. */
  readonly newest: Stamp
}

export interface Renew {
  readonly kind: 'renew'
  readonly version: Version
  readonly sentTo: readonly bigint[]
}

/** Also said unasked, with NOT_FOUND, where the owner has to register anew. */
export interface RenewAnswer {
  readonly kind: 'renew_answer'
  readonly code: ResultCode
  readonly newest: Stamp
  /** With STALE: the newer version, made by an administrator. */
  readonly standing: Registration | undefined
  readonly epoch: bigint
  /** Sequence of the last batch for this node's watch; 0: it has none here. */
  readonly watchSequence: bigint
  readonly ready: boolean
}

export interface Cancel {
  readonly kind: 'cancel'
  readonly version: Version
  readonly sentTo: readonly bigint[]
}

/** New status or metadata for records: lists are empty or as long as `instances`. */
export interface Change {
  readonly kind: 'change'
  readonly request: bigint
  readonly env: string
  readonly app: string
  readonly zone: string
  readonly instances: readonly string[]
  readonly statuses: readonly number[]
  readonly metadata: readonly string[]
}

export interface Retire {
  readonly kind: 'retire'
  readonly request: bigint
  readonly busId: bigint
}

/** Of a change, a retirement or a cancel (whose request is its stamp's time). */
export interface Answer {
  readonly kind: 'answer'
  readonly request: bigint
  readonly code: ResultCode
  readonly what: string
  readonly says: string
}

export interface Watch {
  readonly kind: 'watch'
  /** Chosen by the watcher; batches of an older one are not taken. */
  readonly watch: bigint
  /** Empty: every app. */
  readonly apps: readonly string[]
  /** Resume after this sequence of this epoch; 0: from the start. */
  readonly epoch: bigint
  readonly since: bigint
  /** It has entries to be compared: tombstones are of use to it. */
  readonly hasTable: boolean
}

export interface Batch {
  readonly kind: 'batch'
  readonly watch: bigint
  readonly epoch: bigint
  /** The sequence of the batch before this one: a gap shows. */
  readonly previous: bigint
  readonly sequence: bigint
  readonly snapshot: boolean
  readonly ready: boolean
  /** The end mark of a snapshot; always true on deltas. */
  readonly last: boolean
  readonly puts: readonly Registration[]
  readonly removals: readonly Tombstone[]
}

export interface Unwatch {
  readonly kind: 'unwatch'
  readonly watch: bigint
}

export type ReplicaOperation =
  | { readonly kind: 'put'; readonly registration: Registration }
  | { readonly kind: 'renew'; readonly version: Version }
  | { readonly kind: 'remove'; readonly tombstone: Tombstone }

/** `fromZone`: it came from another zone, and the receiver passes it on inside its own. */
export interface Replica {
  readonly kind: 'replica'
  readonly fromZone: boolean
  readonly operation: ReplicaOperation
}

export interface Digest {
  readonly kind: 'digest'
  /** A hash of eight bytes for each bucket of the table. */
  readonly buckets: Uint8Array
  readonly ready: boolean
  /** Says that the tables are equal. */
  readonly isAnswer: boolean
}

/** The answer to a digest of another table: the differing buckets in parts, numbered from 0. */
export interface Summary {
  readonly kind: 'summary'
  readonly epoch: bigint
  /** Which buckets it tells of, all of them in every part: one bit each, the lowest first. */
  readonly buckets: Uint8Array
  readonly part: bigint
  readonly last: boolean
  readonly ready: boolean
  readonly versions: readonly Version[]
  readonly tombstones: readonly Tombstone[]
}

export interface Pull {
  readonly kind: 'pull'
  readonly busIds: readonly bigint[]
}

export interface Repair {
  readonly kind: 'repair'
  readonly registrations: readonly Registration[]
  readonly tombstones: readonly Tombstone[]
  /** The last part of the answer to a pull. */
  readonly last: boolean
}

export interface DialHint {
  readonly kind: 'dial_hint'
  readonly peer: bigint
  readonly dial: boolean
}

/** Which life of this id is it that can be reached? */
export interface Probe {
  readonly kind: 'probe'
  readonly request: bigint
}

export interface ProbeAnswer {
  readonly kind: 'probe_answer'
  readonly request: bigint
  readonly incarnation: string
}

export type DirectoryMessage =
  | Hello
  | Register
  | RegisterAnswer
  | Renew
  | RenewAnswer
  | Cancel
  | Change
  | Retire
  | Answer
  | Watch
  | Batch
  | Unwatch
  | Replica
  | Digest
  | Summary
  | Pull
  | Repair
  | DialHint
  | Probe
  | ProbeAnswer
