// Renewing the keys of a control connection: a new handshake inside a ping and its pong.

import { BUS_ERRORS } from '../errors.js'
import { bindRefresh, checkRefresh } from '../wire/binding.js'
import { encodeHandshake, type Handshake, type PingData } from '../wire/control.js'
import type { CoreState } from './core-state.js'
import type { Link } from './link.js'
import type { Links } from './links.js'

/** What a pong says of the handshake in its ping. */
export interface RefreshAnswer {
  readonly resultCode: number
  readonly handshake?: Handshake
  readonly refreshBindings: Uint8Array[]
}

const NOTHING: RefreshAnswer = { resultCode: 0, refreshBindings: [] }

/**
 * The wire does not sign a refresh (robustness 3D): with tokens, our own kind signs it, and a plain
 * peer's is refused, so that nobody in between can plant a key. The old keys then stay in use.
 */
export class KeyRefresh {
  readonly #state: CoreState
  readonly #links: Links

  constructor(state: CoreState, links: Links) {
    this.#state = state
    this.#links = links
  }

  /** The keys of a link that we dialled are old enough. */
  due(link: Link): void {
    const { config, deadlines, nowMs } = this.#state
    deadlines.set(`refresh:${link.number}`, nowMs + config.security.keyRefreshMs)
    const { session } = link.control
    // A second offer would make the answer to the first one unreadable, and with it what follows.
    if (!this.#isSafe(link) || session.hasOpenOffer) return
    const handshake = session.offer(BigInt(this.#state.nextSequence()))
    if (handshake === undefined) return
    this.#links.ping(link, handshake, this.#bind(link, 'ping', handshake))
    link.refreshSequence = link.pingSequence
  }

  /** Acceptor: the other end offers new keys in a ping. */
  answer(link: Link, ping: PingData): RefreshAnswer {
    const offer = ping.handshake
    if (offer === undefined || !link.control.session.keyed) return NOTHING
    // Sequences only grow; an old offer is a replay.
    const fresh = offer.sequence > link.control.session.handshakeSequence
    if (!fresh || !this.#accepts(link, 'ping', offer, ping.refreshBindings)) {
      return { resultCode: BUS_ERRORS.ACCESS_DENIED.wire, refreshBindings: [] }
    }
    const answer = link.control.session.answer(offer)
    if (answer.kind === 'failed') return { resultCode: answer.wireCode, refreshBindings: [] }
    if (answer.handshake === undefined) return NOTHING
    const refreshBindings = this.#bind(link, 'pong', answer.handshake)
    return { resultCode: 0, handshake: answer.handshake, refreshBindings }
  }

  /** Dialler: true where the pong brought keys that are in use from now on. */
  completed(link: Link, sequence: bigint, pong: PingData): boolean {
    const { session } = link.control
    const answer = pong.handshake
    if (answer === undefined) {
      if (sequence === link.refreshSequence) session.withdrawOffer()
      return false
    }
    if (!session.hasOpenOffer) return false
    if (!this.#accepts(link, 'pong', answer, pong.refreshBindings)) return false
    return session.complete(answer).kind === 'done'
  }

  #isSafe(link: Link): boolean {
    return this.#state.tokens.length === 0 || !link.plain
  }

  #accepts(
    link: Link,
    word: 'ping' | 'pong',
    handshake: Handshake,
    bindings: readonly Uint8Array[],
  ): boolean {
    const { ambient, tokens } = this.#state
    if (tokens.length === 0) return true
    if (link.plain) return false
    const context = this.#context(link, word)
    const bytes = encodeHandshake(handshake)
    return checkRefresh(ambient.primitives, tokens, context, bytes, bindings)
  }

  #bind(link: Link, word: 'ping' | 'pong', handshake: Handshake): Uint8Array[] {
    const { ambient, tokens } = this.#state
    const context = this.#context(link, word)
    return bindRefresh(ambient.primitives, tokens, context, encodeHandshake(handshake))
  }

  /** The word, then both lives, the dialler's first: no other link and no other word has it. */
  #context(link: Link, word: 'ping' | 'pong'): Uint8Array {
    const ours = this.#state.config.incarnation
    const theirs = link.peer.incarnation ?? new Uint8Array(16)
    const context = new Uint8Array(33)
    context[0] = word === 'ping' ? 1 : 2
    context.set(link.dialled ? ours : theirs, 1)
    context.set(link.dialled ? theirs : ours, 17)
    return context
  }
}
