// What the rooms of the core share: the tables, the deadlines, and the list of effects.

import { type Ambient, type CoreConfig, MESSAGE_OVERHEAD_BYTES } from './config.js'
import type { Connection } from './connection.js'
import { type Counters, newCounters } from './counters.js'
import { Deadlines } from './deadlines.js'
import type { CoreEvent, Effect, NodeState } from './effects.js'
import { Neighbours } from './neighbours.js'
import { Topology } from './topology.js'

/** Deadlines by what they are for and whom they concern (a connection's or a link's number). */
export type TimerKind =
  | 'register'
  | 'temporary'
  | 'probe'
  | 'yield'
  | 'live'
  | 'half'
  | 'refresh'
  | 'parent'
  | 'routes'
  | 'warm'
  | 'grace'
  | 'circle'
  | 'judge'
  | 'refused'
  | 'own'
  | 'flap'
  | 'sight'
  | 'sync'
  | 'idle'
  | 'gate'
  | 'pace'
  | 'ring'
export type Timer = `${TimerKind}:${number}`

/** Sequences count microseconds since 2026-01-01 at the start of the process (spec A.5). */
const SEQUENCE_EPOCH_MS = 1_767_225_600_000

const NO_EFFECTS: readonly Effect[] = Object.freeze([])

export class CoreState {
  readonly config: CoreConfig
  readonly ambient: Ambient
  readonly neighbours = new Neighbours()
  readonly topology = new Topology()
  readonly connections = new Map<number, Connection>()
  readonly deadlines = new Deadlines<Timer>()
  readonly counters: Counters = newCounters()
  /** What we announce: every address we listen on, in the family's notation. */
  readonly announcedAddresses: string[] = []
  tokens: readonly Uint8Array[]
  nowMs = 0
  /** Raised each time this life loses or leaves a parent (routing-table.md, "attach"). */
  attach = 0
  state: NodeState = 'connecting'
  #effects: Effect[] = []
  #sequence: number
  #connectionNumber = 0
  #linkNumber = 0

  constructor(config: CoreConfig, ambient: Ambient) {
    this.config = config
    this.ambient = ambient
    this.tokens = config.tokens
    this.#sequence = Math.max(1, Math.floor((ambient.wallMs() - SEQUENCE_EPOCH_MS) * 1_000))
  }

  /** The largest inner message that is lawful on a registered connection. */
  get messageBytesMax(): number {
    return this.config.limits.messageBytesMax + MESSAGE_OVERHEAD_BYTES
  }

  /** Never 0, which means "none" on the wire. */
  nextSequence(): number {
    this.#sequence++
    return this.#sequence
  }

  /** So many more than the last one were used. */
  skipSequences(count: number): void {
    this.#sequence += count
  }

  nextConnectionNumber(): number {
    this.#connectionNumber++
    return this.#connectionNumber
  }

  /** Number of the newest link; 0 before the first. */
  get lastLinkNumber(): number {
    return this.#linkNumber
  }

  nextLinkNumber(): number {
    this.#linkNumber++
    return this.#linkNumber
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  tell(event: CoreEvent): void {
    this.#effects.push({ kind: 'event', event })
  }

  get hasEffects(): boolean {
    return this.#effects.length > 0
  }

  /** The list is the caller's. */
  takeEffects(): readonly Effect[] {
    if (this.#effects.length === 0) return NO_EFFECTS
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  become(state: NodeState): void {
    if (this.state === state) return
    this.state = state
    this.tell({ kind: 'state', state })
  }

  /** A number in [0, 1) for spreading retries. */
  chance(): number {
    const bytes = this.ambient.random(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 0x1_0000_0000
  }
}
