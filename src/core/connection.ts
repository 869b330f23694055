// One connection from its opening to its end: which messages are lawful on it, and when.

import { assert, InvariantError } from '../errors.js'
import type { CarrierName } from '../wire/carrier-messages.js'
import type { RegisterData } from '../wire/control.js'
import { DataLane } from '../wire/data-lane.js'
import type { Session } from '../wire/session.js'
import type { Port } from './effects.js'
import type { Link } from './link.js'

/**
 * dialling    we asked the shell to connect
 * registering connected; our registration is out, its answer is awaited
 * awaiting    accepted; the other end's registration is awaited
 * probing     its id is held by another life that we are asking for a sign
 * confirming  accepted and answered; its author has to show that it reads the answer
 * temporary   registered with id 0: may run commands, nothing else
 * bound       belongs to a link
 * ended       closed by either side; the core forgot it
 */
export type Phase =
  | 'dialling'
  | 'registering'
  | 'awaiting'
  | 'probing'
  | 'confirming'
  | 'temporary'
  | 'bound'
  | 'ended'

const LEGAL: Readonly<Record<Phase, readonly Phase[]>> = {
  dialling: ['registering', 'ended'],
  registering: ['bound', 'ended'],
  awaiting: ['probing', 'confirming', 'temporary', 'bound', 'ended'],
  // Asked elsewhere first, then here, where another link to the id has come up meanwhile.
  probing: ['probing', 'confirming', 'bound', 'ended'],
  confirming: ['temporary', 'bound', 'ended'],
  temporary: ['ended'],
  bound: ['ended'],
  ended: [],
}

/** What a dialled connection is for. */
export type Purpose =
  /** `seat`: which of the parents it is to be, where there are several at once. */
  | { readonly kind: 'parent'; readonly seat: number }
  | {
      readonly kind: 'sibling'
      readonly expectedId: bigint
      /** Only this life of it will do. */
      readonly life?: Uint8Array
      /** A parent asked for it: which of its requests. */
      readonly attempt?: number
    }
  /** The second connection that a plain peer wants. */
  | { readonly kind: 'data'; readonly link: Link }

export class Connection {
  readonly number: number
  /** What we dialled, or where the other end dialled from. */
  readonly address: string
  /** Undefined for an accepted connection. */
  readonly purpose: Purpose | undefined
  readonly session: Session
  readonly lane = new DataLane()
  /** Frames to be read one by one before usual ones are looked for together again. */
  framesAlone = 0
  /** Links that had come up before this one was made: later ones crossed it. */
  readonly linksBefore: number
  #phase: Phase
  #port: Port | undefined
  /** Set exactly while the phase is `bound`. */
  #link: Link | undefined
  /** What carries the bytes that we write. */
  carrier: CarrierName = 'socket'
  /** Faults since the last good message. */
  faults = 0
  /** Dialler: the bindings that we sent, which the answer's binding covers. */
  requestBindings: readonly Uint8Array[] = []
  /**
   * Between our own kind and with tokens: those of the answer that this connection came of. They
   * name it at both ends, and no other has the same; empty elsewhere.
   */
  answerBindings: readonly Uint8Array[] = []
  /** It gave way to the control connection of its link, and is only read. */
  yields = false
  /** The other end has said that nothing more comes by it. */
  hasLastWord = false
  /** Acceptor, while probing: the registration that waits for the verdict. */
  held: HeldRegistration | undefined

  constructor(options: {
    number: number
    address: string
    purpose: Purpose | undefined
    session: Session
    port: Port | undefined
    linksBefore: number
  }) {
    this.number = options.number
    this.address = options.address
    this.purpose = options.purpose
    this.session = options.session
    this.#port = options.port
    this.linksBefore = options.linksBefore
    this.#phase = options.purpose === undefined ? 'awaiting' : 'dialling'
  }

  get phase(): Phase {
    return this.#phase
  }

  get link(): Link | undefined {
    return this.#link
  }

  /** Only a connection that is open has one. */
  get port(): Port {
    // On the data path: an assertion would build its text for every message.
    if (this.#port === undefined) throw new InvariantError(`connection ${this.number} is not open`)
    return this.#port
  }

  get isOpen(): boolean {
    return this.#port !== undefined && this.#phase !== 'ended'
  }

  opened(port: Port): void {
    this.#port = port
    this.#become('registering')
  }

  probing(held: HeldRegistration): void {
    this.held = held
    this.#become('probing')
  }

  confirming(): void {
    this.held = undefined
    this.#become('confirming')
  }

  temporary(): void {
    this.#become('temporary')
  }

  bind(link: Link): void {
    this.#become('bound')
    this.held = undefined
    this.#link = link
  }

  /** Its own link has ended, or never came up: it carries the last words for this one. */
  yieldTo(link: Link): void {
    if (this.#phase !== 'bound') this.#become('bound')
    this.yields = true
    this.held = undefined
    this.#link = link
  }

  ended(): void {
    this.#become('ended')
    this.held = undefined
    this.#link = undefined
  }

  #become(next: Phase): void {
    assert(LEGAL[this.#phase].includes(next), `connection ${this.#phase} -> ${next}`)
    this.#phase = next
  }
}

/** A registration that was found good, but for its id. */
export interface HeldRegistration {
  readonly sequence: bigint
  readonly register: RegisterData
  /** It is the life that has the link, and dialled that one too. */
  readonly dialsAgain: boolean
}
