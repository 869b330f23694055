// One life of the relation to a neighbour: its control connection and those that carry its data.

import { assert } from '../errors.js'
import { CAPABILITY } from '../wire/capabilities.js'
import type { IdRange } from '../wire/control-messages.js'
import { NO_RANGES } from '../wire/route-record.js'
import { highHalf, lowHalf } from './bus-id.js'
import type { Connection } from './connection.js'
import type { LinkInfo, LinkRole } from './effects.js'
import type { Liveness } from './liveness.js'
import type { LinkRoutes } from './routes/subscription.js'

/** What the other end said of itself when it registered. */
export interface PeerIdentity {
  readonly id: bigint
  readonly pid: number
  readonly hostname: string
  readonly hashCode: string
  /** Absent for a plain peer. */
  readonly incarnation: Uint8Array | undefined
  /** What it can do beside the family's protocol (wire/capabilities.ts). */
  readonly capabilities: bigint
  /** How often it had lost or left a parent when it registered. */
  readonly attach: bigint
  /** Where it can be reached, in the family's notation. */
  readonly addresses: readonly string[]
  /** The ids that it grants us, where it is our parent; none stand for all. */
  readonly ranges: readonly IdRange[]
}

export class Link {
  /** Never used again, so that late words from an ended link are known as such. */
  readonly number: number
  readonly peer: PeerIdentity
  /** Whether the other end reads records. It has said so before anything was sent to it. */
  readonly takesRecords: boolean
  /** Whether it reads those as well that are not from us or not for it. */
  readonly takesRouted: boolean
  readonly idHigh: number
  readonly idLow: number
  readonly role: LinkRole
  readonly control: Connection
  /** True where we dialled the control connection. */
  readonly dialled: boolean
  readonly liveness: Liveness
  readonly #data = new Set<Connection>()
  #path: Connection
  #pathUsed = false
  roundTripMs: number | undefined
  /** The ping that is out, and when it left; 0 is none. */
  pingSequence = 0n
  pingSentAtMs = 0
  /** The ping that offered new keys; 0 is none. */
  refreshSequence = 0n
  /** Faults since the last good message on any of its connections. */
  faults = 0
  /** Breaches of what it may announce, since when. */
  breaches = 0
  breachedSinceMs = Number.NEGATIVE_INFINITY
  /** The other end announced that it leaves: only answers go there. */
  leaving = false
  /** The error for which it says that we have to go; 0 for none. */
  leaveCode = 0
  /**
   * On the way back to the old path: `asked` waits for the other end's last word, `draining` has
   * said its own and only listens.
   */
  drain: 'none' | 'asked' | 'draining' = 'none'
  /** When the last message was sent or heard on it. */
  dataAtMs = 0
  /** The child link to which its last own message was forwarded. */
  partner: Link | undefined
  /** The ids that a child may announce; none stand for all. */
  granted: readonly IdRange[] = NO_RANGES
  /** Its part of the routing table, while the link stands. */
  routes: LinkRoutes | undefined

  constructor(options: {
    number: number
    peer: PeerIdentity
    role: LinkRole
    control: Connection
    dialled: boolean
    liveness: Liveness
  }) {
    this.number = options.number
    this.peer = options.peer
    const { capabilities } = options.peer
    this.takesRecords = (capabilities & CAPABILITY.RECORDS) !== 0n
    this.takesRouted = this.takesRecords && (capabilities & CAPABILITY.ROUTED_RECORDS) !== 0n
    this.idHigh = highHalf(options.peer.id)
    this.idLow = lowHalf(options.peer.id)
    this.role = options.role
    this.control = options.control
    this.dialled = options.dialled
    this.liveness = options.liveness
    this.#path = options.control
  }

  get plain(): boolean {
    return this.peer.incarnation === undefined
  }

  /** Whether the other end keeps a routing table as well. */
  get hearsRoutes(): boolean {
    return (this.peer.capabilities & CAPABILITY.ROUTES) !== 0n
  }

  /** Whether the other end opens links to siblings when it is told to. */
  get takesSiblings(): boolean {
    return (this.peer.capabilities & CAPABILITY.SIBLINGS) !== 0n
  }

  /** Whether the other end moves links to shared memory. */
  get takesRings(): boolean {
    return (this.peer.capabilities & CAPABILITY.RINGS) !== 0n
  }

  get data(): ReadonlySet<Connection> {
    return this.#data
  }

  /** Those that gave way to this link's own, as long as they are read. */
  readonly yielding = new Set<Connection>()
  /** The last word was said on one of them, or it has ended. */
  hasYielded = false

  get connections(): Connection[] {
    return [this.control, ...this.#data, ...this.yielding]
  }

  /**
   * The connection that carries what we send. It is fixed by the first message: two connections are
   * not in order with each other, so moving on a whim would let a message overtake another.
   */
  get path(): Connection {
    return this.#path
  }

  usePath(): Connection {
    this.#pathUsed = true
    return this.#path
  }

  addData(connection: Connection): void {
    assert(connection !== this.control, 'a control connection is not a data connection')
    this.#data.add(connection)
    if (!this.#pathUsed) this.#path = connection
  }

  removeData(connection: Connection): void {
    this.#data.delete(connection)
    assert(connection !== this.#path || this.#data.size === 0 || this.plain, 'path lost')
    if (connection === this.#path) this.#path = this.control
  }

  info(): LinkInfo {
    return {
      id: this.peer.id,
      number: this.number,
      role: this.role,
      plain: this.plain,
      channel: this.#path.carrier === 'ring' ? 'ring' : this.#path.port.channel,
      address: this.control.address,
      pid: this.peer.pid,
      hostname: this.peer.hostname,
      encrypted: this.#path.session.keyed,
      roundTripMs: this.roundTripMs,
    }
  }
}

/** One life of one process: the same incarnation, or for plain peers the same process and host. */
export function sameLife(a: PeerIdentity, b: PeerIdentity): boolean {
  if (a.incarnation !== undefined && b.incarnation !== undefined) {
    return isSameBytes(a.incarnation, b.incarnation)
  }
  if (a.incarnation !== undefined || b.incarnation !== undefined) return false
  return a.pid === b.pid && a.hostname === b.hostname
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
