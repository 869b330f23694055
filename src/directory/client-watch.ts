// The one registry that is watched: asking, following its batches, and moving on when it fails.

import type { ClientConfig, ClientEffect } from './client-config.js'
import type { ClientRegistries } from './client-registries.js'
import type { ClientTable } from './client-table.js'
import type { Batch, RenewAnswer } from './directory-messages.js'

/** What is still to come of a list. */
type Phase =
  /** Asked; the first batch decides whether all comes anew. */
  | { readonly kind: 'asked'; readonly dueMs: number }
  | { readonly kind: 'snapshot'; readonly parts: bigint; readonly dueMs: number }
  | { readonly kind: 'following' }

export class ClientWatch {
  readonly #config: ClientConfig
  readonly #registries: ClientRegistries
  readonly #table: ClientTable
  #effects: ClientEffect[] = []
  #registry: bigint | undefined
  #phase: Phase = { kind: 'following' }
  /** Numbers each asking; entries carry that of the last list they were in. */
  #watch = 0n
  /** The list whose end was seen and that was not yet compared with the table. */
  #sweepable = false
  #epoch = 0n
  #sequence = 0n
  #rotateAtMs = Number.POSITIVE_INFINITY
  #state: 'whole' | 'stale' = 'stale'
  #hasSeenEnd = false

  constructor(config: ClientConfig, registries: ClientRegistries, table: ClientTable) {
    this.#config = config
    this.#registries = registries
    this.#table = table
  }

  get registry(): bigint | undefined {
    return this.#registry
  }

  get state(): 'whole' | 'stale' {
    return this.#state
  }

  /** Nothing is dialled before the first list was complete (000-01). */
  get hasSeenEnd(): boolean {
    return this.#hasSeenEnd
  }

  get nextDueMs(): number {
    if (this.#registry === undefined) return Number.POSITIVE_INFINITY
    return this.#phase.kind === 'following' ? this.#rotateAtMs : this.#phase.dueMs
  }

  takeEffects(): ClientEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /**
   * A registry greeted us: it is taken where none is watched, or one of another zone, whose answers
   * to renewals do not come any more; a new life of the watched one is followed on.
   */
  greeted(busId: bigint, isNewLife: boolean, nowMs: number): void {
    const watched = this.#registry
    if (watched === undefined || watched === busId) {
      const isAsked = watched === busId && this.#phase.kind === 'asked' && !isNewLife
      if (!isAsked) this.#ask(busId, nowMs)
    } else if (!this.#isUsable(watched)) {
      this.stop()
      this.#ask(busId, nowMs)
    }
  }

  #isUsable(id: bigint): boolean {
    return this.#registries.usable().some(({ busId }) => busId === id)
  }

  lost(busId: bigint, nowMs: number): void {
    if (busId === this.#registry) this.#moveOn(nowMs)
  }

  tick(nowMs: number): void {
    if (this.#registry === undefined || nowMs < this.nextDueMs) return
    this.#moveOn(nowMs)
  }

  /** Asks for what has changed since the last batch. */
  refresh(nowMs: number): void {
    if (this.#registry !== undefined && this.#phase.kind === 'following') {
      this.#ask(this.#registry, nowMs)
    }
  }

  /** What the registry holds for the last batch it sent us: a lost one shows here too. */
  compare(from: bigint, { epoch, watchSequence, ready }: RenewAnswer, nowMs: number): void {
    if (from !== this.#registry || this.#phase.kind !== 'following') return
    if (epoch !== this.#epoch || watchSequence !== this.#sequence) this.#ask(from, nowMs)
    else if (ready) this.#becomeWhole(nowMs)
  }

  stop(): void {
    if (this.#registry === undefined) return
    const message = { kind: 'unwatch', watch: this.#watch } as const
    this.#effects.push({ kind: 'send', to: this.#registry, message })
    this.#registry = undefined
  }

  batch(from: bigint, batch: Batch, nowMs: number): void {
    if (from !== this.#registry || batch.watch !== this.#watch) return
    if (!this.#isNext(batch)) {
      if (batch.snapshot) this.#sequence = 0n
      this.#ask(from, nowMs)
      return
    }
    for (const tombstone of batch.removals) this.#table.remove(tombstone, nowMs)
    for (const registration of batch.puts) this.#put(registration, batch.ready)
    this.#follow(batch, nowMs)
  }

  #put(registration: Batch['puts'][number], isReady: boolean): void {
    if (registration.node.busId === this.#config.node.busId) return
    this.#table.put(registration, this.#watch, isReady)
  }

  #isNext({ snapshot, previous, epoch }: Batch): boolean {
    const phase = this.#phase
    if (!snapshot)
      return phase.kind !== 'snapshot' && epoch === this.#epoch && previous === this.#sequence
    if (phase.kind === 'asked') return previous === 0n
    return phase.kind === 'snapshot' && epoch === this.#epoch && previous === phase.parts
  }

  #follow({ snapshot, previous, epoch, sequence, last, ready }: Batch, nowMs: number): void {
    this.#epoch = epoch
    if (snapshot && !last) {
      // Should it break off, all is asked for anew: what was followed was of another table.
      this.#sequence = 0n
      const dueMs = nowMs + this.#config.times.answerMs
      this.#phase = { kind: 'snapshot', parts: previous + 1n, dueMs }
      return
    }
    this.#sequence = sequence
    this.#phase = { kind: 'following' }
    if (snapshot) this.#sweepable = true
    this.#hasSeenEnd = true
    if (ready) this.#becomeWhole(nowMs)
  }

  /** Only a registry that is ready knows who is missing (R5). */
  #becomeWhole(nowMs: number): void {
    if (this.#sweepable) this.#table.sweep(this.#watch, nowMs + this.#config.times.leaseMs)
    this.#sweepable = false
    this.#become('whole')
  }

  #become(state: 'whole' | 'stale'): void {
    if (this.#state === state) return
    this.#state = state
    this.#effects.push({ kind: 'event', event: { kind: 'list', state } })
  }

  /** To another registry where there is one; else the same is asked again. */
  #moveOn(nowMs: number): void {
    const previous = this.#registry
    const usable = this.#registries.usable().map(({ busId }) => busId)
    const others = usable.filter((busId) => busId !== previous)
    const list = others.length > 0 ? others : usable
    const next = list[Math.floor(this.#config.chance() * list.length)]
    if (next === undefined) {
      this.#registry = undefined
      this.#become('stale')
      return
    }
    const isThere = previous !== undefined && usable.includes(previous) && previous !== next
    if (isThere) this.stop()
    this.#ask(next, nowMs)
  }

  #ask(to: bigint, nowMs: number): void {
    const { times, apps } = this.#config
    // Another registry's sequence says nothing here: its epoch will not be the one we name.
    this.#watch++
    this.#phase = { kind: 'asked', dueMs: nowMs + times.answerMs }
    const isOther = to !== this.#registry || this.#rotateAtMs <= nowMs
    this.#registry = to
    if (isOther) this.#rotateAtMs = nowMs + times.rotateMs * (0.8 + 0.4 * this.#config.chance())
    const { size } = this.#table
    this.#effects.push({
      kind: 'send',
      to,
      message: {
        kind: 'watch',
        watch: this.#watch,
        apps,
        epoch: this.#epoch,
        since: this.#sweepable ? 0n : this.#sequence,
        hasTable: size > 0,
      },
    })
  }
}
