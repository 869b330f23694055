// Asks a life at the end of a known way for a sign: PROBE and its answer (routing-table.md).

import type { OutgoingData } from '../../wire/data-codec.js'
import { EXTENSION } from '../../wire/extension.js'
import { type Life, readLife, writeLife } from '../../wire/life.js'
import { highHalf, joinHalves, lowHalf } from '../bus-id.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'

/** Questions that may be open at once; what cannot be asked counts as silent. */
const OPEN_MAX = 1_024

/** How a message leaves by a link of the caller's choice, or by the usual way. */
export interface Post {
  newMessage(): OutgoingData
  send(message: OutgoingData): string
  sendVia(link: Link, message: OutgoingData): string
}

interface Question {
  readonly number: bigint
  readonly id: bigint
  readonly done: (life: Life | 'alive' | undefined) => void
}

export class LifeProbe {
  readonly #state: CoreState
  readonly #post: Post
  readonly #message: OutgoingData
  /** By the number of their timer. */
  readonly #open = new Map<number, Question>()
  #last = 0

  constructor(state: CoreState, post: Post) {
    this.#state = state
    this.#post = post
    this.#message = post.newMessage()
  }

  /**
   * Asks whoever has the id at the end of that link. `done` gets the life that answers, `alive`
   * where it is known to be there but cannot answer, or undefined when nothing comes in time.
   */
  ask(link: Link, id: bigint, done: Question['done']): void {
    if (this.#open.size >= OPEN_MAX) {
      done(undefined)
      return
    }
    const { ambient, config, deadlines, nowMs } = this.#state
    const random = ambient.random(8)
    const number = new DataView(random.buffer, random.byteOffset, 8).getBigUint64(0)
    this.#last++
    this.#open.set(this.#last, { number, id, done })
    deadlines.set(`judge:${this.#last}`, nowMs + config.limits.probeMs)
    this.#fill(id, EXTENSION.LIFE_PROBE, number)
    this.#post.sendVia(link, this.#message)
  }

  #fill(to: bigint, kind: number, number: bigint): void {
    const message = this.#message
    message.toHi = highHalf(to)
    message.toLo = lowHalf(to)
    message.content = NOTHING
    message.sequenceHi = 0
    message.sequenceLo = 0
    message.extensionKind = kind
    message.extensionHi = highHalf(number)
    message.extensionLo = lowHalf(number)
    message.extensionCode = 0
  }

  /** We are asked. */
  asked(fromHigh: number, fromLow: number, numberHigh: number, numberLow: number): void {
    const number = joinHalves(numberHigh >>> 0, numberLow >>> 0)
    this.#fill(joinHalves(fromHigh, fromLow), EXTENSION.LIFE_REPLY, number)
    const { attach, config } = this.#state
    this.#message.content = writeLife(config.incarnation, attach)
    this.#post.send(this.#message)
    this.#message.content = NOTHING
  }

  /** Somebody answers; taken only from the id that was asked. */
  replied(from: bigint, number: bigint, content: Uint8Array): void {
    const life = readLife(content)
    if (life !== undefined) this.#settle(number, from, life)
  }

  /** The question came back: the node before a plain one says that it cannot be asked. */
  returned(from: bigint, number: bigint, isUnsupported: boolean): void {
    this.#settle(number, from, isUnsupported ? 'alive' : undefined)
  }

  #settle(number: bigint, from: bigint, life: Life | 'alive' | undefined): void {
    for (const [timer, question] of this.#open) {
      if (question.number !== number || question.id !== from) continue
      this.#state.deadlines.clear(`judge:${timer}`)
      this.#open.delete(timer)
      question.done(life)
      return
    }
    this.#state.counters.lateRoutes++
  }

  timedOut(timer: number): void {
    const question = this.#open.get(timer)
    this.#open.delete(timer)
    question?.done(undefined)
  }

  stop(): void {
    for (const timer of this.#open.keys()) this.#state.deadlines.clear(`judge:${timer}`)
    this.#open.clear()
  }
}

const NOTHING = new Uint8Array(0)
