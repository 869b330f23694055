// Moves the connections of one host to shared memory and back (docs/decisions/0032).

import type { CarrierName, RingAnswer, RingOffer } from '../wire/carrier-messages.js'
import { encodeControlBody } from '../wire/control.js'
import { OutgoingHead, sourceField } from '../wire/head-writer.js'
import { highHalf, lowHalf } from './bus-id.js'
import type { Carriage } from './carriage.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import { isSameBytes, type Link } from './link.js'
import type { Links } from './links.js'
import type { Courier } from './routes/courier.js'

/** After a socket that was full: soon, and no work worth mentioning. */
const RETRY_MS = 10

/** What a process lacks at the moment and may have later: descriptors, memory, or its doorbell. */
const PASSING: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'no_bell',
  'no_descriptor',
])

/** Long enough to cost nothing where it never passes, or where a peer only says so. */
const PASSING_RETRY_MS = 10_000

/** One direction in the life of one ring: on the socket before it, in it, on the socket again. */
type Stage = 'before' | 'ring' | 'after'

interface RingPath {
  /** `shared`: both ends have mapped it. */
  state: 'offered' | 'shared'
  out: Stage
  in: Stage
  /** Asked for while this one was on its way out: a new one is offered then. */
  again: boolean
}

export class RingPaths {
  readonly #state: CoreState
  readonly #links: Links
  readonly #courier: Courier
  readonly #paths = new Map<Link, RingPath>()
  readonly #head = new OutgoingHead()
  #isWilling = true

  constructor(state: CoreState, links: Links, courier: Courier) {
    this.#state = state
    this.#links = links
    this.#courier = courier
    const { id } = state.config
    this.#head.source = sourceField(highHalf(id), lowHalf(id))
  }

  /**
   * Both ends know of the link. The dialler offers, so no two offers cross; on the next turn, when
   * the confirmation of its registration has left.
   */
  established(link: Link): void {
    if (link.dialled) this.#state.deadlines.set(`ring:${link.number}`, this.#state.nowMs)
  }

  /** Off: every link goes back to its socket. On: those that we dialled are offered a ring. */
  setWilling(isWilling: boolean): void {
    this.#isWilling = isWilling
    for (const link of this.#state.neighbours) {
      const path = this.#paths.get(link)
      if (path === undefined) {
        if (isWilling && link.dialled) this.#offer(link)
        continue
      }
      path.again = isWilling
      this.#follow(link, path)
    }
  }

  down(link: Link): void {
    this.#paths.delete(link)
    this.#state.deadlines.clear(`ring:${link.number}`)
  }

  /** The link is new, or its socket had no room for the last frame. */
  due(link: Link): void {
    const path = this.#paths.get(link)
    if (path !== undefined) this.#follow(link, path)
    else if (link.dialled) this.#offer(link)
  }

  #offer(link: Link): void {
    const { hostMark } = this.#state.config
    const carriage = this.#carriageOf(link)
    if (carriage === undefined || hostMark === undefined) return
    const own = carriage.offer()
    if (typeof own === 'string') {
      this.#state.counters.ringsRefused++
      this.#offerAgain(link, own)
      return
    }
    const sent = this.#courier.send(link, { kind: 'ring_offer', offer: { ...own, hostMark } })
    if (sent === 'ok') this.#paths.set(link, newPath('offered'))
    else carriage.drop()
  }

  /** Undefined where the link has to stay on its socket. */
  #carriageOf(link: Link): Carriage | undefined {
    const { hostMark, hostname, id } = this.#state.config
    if (!this.#isWilling || hostMark === undefined || id === 0n) return undefined
    if (!link.takesRings) return undefined
    const { carriage } = link.control.port
    return carriage?.sameHost || link.peer.hostname === hostname ? carriage : undefined
  }

  offered(link: Link, offer: RingOffer): void {
    if (link.dialled || this.#paths.has(link)) {
      this.#links.breach(link)
      return
    }
    const answer = this.#accept(link, offer)
    if ('refused' in answer) this.#state.counters.ringsRefused++
    if (this.#courier.send(link, { kind: 'ring_answer', answer }) === 'ok') {
      if ('refused' in answer) return
      this.#paths.set(link, newPath('shared'))
    } else link.control.port.carriage?.drop()
  }

  #accept(link: Link, offer: RingOffer): RingAnswer {
    const { hostMark } = this.#state.config
    const carriage = this.#carriageOf(link)
    if (carriage === undefined || hostMark === undefined) return { refused: 'off' }
    if (!isSameBytes(offer.hostMark, hostMark)) return { refused: 'other_host' }
    const bell = carriage.accept(offer)
    return typeof bell === 'string' ? { refused: bell } : bell
  }

  answered(link: Link, answer: RingAnswer): void {
    const path = this.#paths.get(link)
    if (path === undefined || path.in !== 'before' || path.out !== 'before') {
      this.#links.breach(link)
    } else if ('refused' in answer) {
      this.#state.counters.ringsRefused++
      this.#forget(link, path)
      this.#offerAgain(link, answer.refused)
    } else if (path.state === 'offered') {
      const refused = this.#isWilling ? link.control.port.carriage?.conclude(answer) : 'off'
      if (refused === undefined) {
        path.state = 'shared'
        this.#follow(link, path)
      } else {
        this.#forget(link, path)
        this.#courier.send(link, { kind: 'ring_answer', answer: { refused } })
        this.#offerAgain(link, refused)
      }
    } else this.#links.breach(link)
  }

  /** For good reasons to refuse, a link stays on its socket. */
  #offerAgain(link: Link, reason: string): void {
    const { deadlines, nowMs } = this.#state
    if (!PASSING.has(reason) || this.#paths.has(link)) return
    deadlines.set(`ring:${link.number}`, nowMs + PASSING_RETRY_MS)
  }

  #forget(link: Link, path: RingPath): void {
    this.#paths.delete(link)
    link.control.port.carriage?.drop()
    if (path.again && link.dialled)
      this.#state.deadlines.set(`ring:${link.number}`, this.#state.nowMs)
  }

  /** The last frame by the old carrier of what we read. */
  changed(connection: Connection, link: Link, to: CarrierName): void {
    const path = this.#paths.get(link)
    const from = to === 'ring' ? 'before' : 'ring'
    if (path?.state !== 'shared' || path.in !== from || connection !== link.control) {
      // The two ends no longer agree on where the stream goes on.
      this.#links.end(link, 'fault', 'BAD_STATE')
      return
    }
    connection.port.carriage?.read(to)
    path.in = to === 'ring' ? 'ring' : 'after'
    this.#follow(link, path)
  }

  /** Moves what we write to where it belongs by now. */
  #follow(link: Link, path: RingPath): void {
    for (let to = this.#next(link, path); to !== undefined; to = this.#next(link, path)) {
      if (!this.#move(link, to)) {
        this.#state.deadlines.set(`ring:${link.number}`, this.#state.nowMs + RETRY_MS)
        return
      }
      path.out = to === 'ring' ? 'ring' : 'after'
    }
    if (path.out === 'after' && path.in === 'after') this.#forget(link, path)
  }

  #next(link: Link, path: RingPath): CarrierName | undefined {
    if (path.state !== 'shared') return undefined
    // The acceptor follows: only then does it know that the dialler can ring its bell.
    if (path.out === 'before' && (link.dialled || path.in !== 'before')) return 'ring'
    if (path.out === 'ring' && (path.in === 'after' || !this.#isWilling)) return 'socket'
    return undefined
  }

  #move(link: Link, to: CarrierName): boolean {
    const { control } = link
    const sequence = BigInt(this.#state.nextSequence())
    this.#head.sequenceHi = Number(sequence >> 32n)
    this.#head.sequenceLo = Number(sequence & 0xffff_ffffn)
    const frame = control.session.seal(this.#head, encodeControlBody({ kind: 'carrier', to }))
    if (control.port.carriage?.write(to, frame) !== 'ok') return false
    control.carrier = to
    this.#state.tell({ kind: 'link_path', link: link.info() })
    return true
  }
}

function newPath(state: RingPath['state']): RingPath {
  return { state, out: 'before', in: 'before', again: false }
}
