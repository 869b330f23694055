// Where sources come themselves: registering, renewing and cancelling, each checked in full.

import { answer, outdated, refused, registered, renewAnswer, versionOf } from './answers.js'
import type { Cancel, ProbeAnswer, Register, Renew } from './directory-messages.js'
import { compareStamps, NO_STAMP, type Stamp } from './hlc.js'
import { LifeProbes } from './life-probes.js'
import type { Moment } from './moment.js'
import { mutualPeers } from './mutual-interest.js'
import { type Peers, putOf } from './peers.js'
import type { Registration } from './record.js'
import { checkRegistration } from './record-check.js'
import type { RegistryTable } from './registry-table.js'
import { RESULT, type Refusal } from './result-code.js'
import { REMOVAL } from './tombstone.js'

export class RegistrationDesk {
  readonly #table: RegistryTable
  readonly #peers: Peers
  readonly #probes: LifeProbes

  constructor(table: RegistryTable, peers: Peers) {
    this.#table = table
    this.#peers = peers
    this.#probes = new LifeProbes(table)
  }

  get nextDueMs(): number {
    return this.#probes.nextDueMs
  }

  register(from: bigint, message: Register, moment: Moment): void {
    const { registration } = message
    const refusal = this.#refusalOf(from, registration)
    if (refusal !== undefined) {
      this.#refuse(from, registration, refusal)
      return
    }
    const verdict = this.#table.store.judge(registration)
    if (verdict?.kind === 'same') {
      this.#again(registration, moment)
      return
    }
    const newest = this.#newestOf(from)
    // Above the dead too: then whoever missed an end still takes the new life for the newer one.
    if (compareStamps(registration.stamp, newest) <= 0) {
      this.#table.send(from, outdated(registration.stamp, newest))
      return
    }
    const standing = this.#table.store.get(from)
    const isOtherLife = standing && standing.node.incarnation !== registration.node.incarnation
    if (!isOtherLife) {
      this.#admit(message, moment)
      return
    }
    if (!this.#probes.start(message, moment.nowMs)) {
      this.#refuse(from, registration, refusalOf(RESULT.NOT_READY, 'node', 'too many wait'))
    }
  }

  probeAnswered(from: bigint, { request, incarnation }: ProbeAnswer, moment: Moment): void {
    const found = this.#probes.answered(from, request, incarnation)
    if (found === undefined) return
    if (found.kind === 'dead') {
      this.#admit(found.message, moment)
      return
    }
    const says = 'another life of this node is up'
    const refusal = refusalOf(RESULT.ID_CONFLICT, `node:0x${from.toString(16)}`, says)
    this.#refuse(from, found.message.registration, refusal, from)
  }

  tick(moment: Moment): void {
    for (const message of this.#probes.due(moment.nowMs)) this.#admit(message, moment)
  }

  renew(from: bigint, { version, sentTo }: Renew, { nowMs }: Moment): void {
    const { store, leases } = this.#table
    const { busId, incarnation, stamp } = version
    const standing = store.get(busId)
    if (busId !== from || standing?.node.incarnation !== incarnation) {
      this.#unknown(from)
      return
    }
    const order = compareStamps(stamp, standing.stamp)
    if (order > 0) {
      this.#unknown(from)
      return
    }
    leases.renew(busId, nowMs)
    this.#peers.spreadFromSource({ kind: 'renew', version: versionOf(standing) }, sentTo)
    const facts = order < 0 ? { code: RESULT.STALE, standing } : { code: RESULT.OK }
    this.#table.send(from, renewAnswer(this.#table, from, facts))
  }

  /** The tombstone is laid even where nothing stands: a delayed registration may be on its way. */
  cancel(from: bigint, { version, sentTo }: Cancel, moment: Moment): void {
    const { stamp, busId, incarnation } = version
    const request = stamp.time
    if (busId !== from) {
      this.#table.send(from, answer(request, RESULT.FORBIDDEN))
      return
    }
    const standing = this.#table.store.get(busId)
    const isOther = standing !== undefined && standing.node.incarnation !== incarnation
    if (isOther) {
      this.#table.send(from, answer(request, RESULT.NOT_FOUND))
      return
    }
    const isOlder = standing !== undefined && compareStamps(stamp, standing.stamp) < 0
    const dead = isOlder ? standing.stamp : stamp
    const tombstone = { busId, incarnation, stamp: dead, reason: REMOVAL.CANCEL }
    this.#table.bury(tombstone, moment)
    this.#peers.spreadFromSource({ kind: 'remove', tombstone }, sentTo)
    const code = standing === undefined ? RESULT.NOT_FOUND : RESULT.OK
    this.#table.send(from, answer(request, code))
  }

  #refusalOf(from: bigint, registration: Registration): Refusal | undefined {
    const { busId, incarnation } = registration.node
    const { store, config, selfId } = this.#table
    if (busId !== from || from === selfId) {
      return refusalOf(RESULT.FORBIDDEN, 'node.busId', 'is not the sender')
    }
    const refusal = checkRegistration(registration)
    if (refusal !== undefined) return refusal
    if (store.isRetired(busId, incarnation)) {
      return refusalOf(RESULT.RETIRED, 'node.incarnation', 'was retired')
    }
    const isFull = store.size >= config.limits.registrationsMax && store.get(busId) === undefined
    return isFull ? refusalOf(RESULT.NOT_READY, 'node', 'the directory is full') : undefined
  }

  #admit(message: Register, moment: Moment): void {
    const { registration, sentTo } = message
    const { busId } = registration.node
    const clash = this.#table.store.clashes(registration)[0]
    if (clash !== undefined) {
      const refusal = refusalOf(RESULT.ID_CONFLICT, clash.claim, 'is held by another node')
      this.#refuse(busId, registration, refusal, clash.holder.node.busId)
      return
    }
    const { kind } = this.#table.place(registration, moment)
    if (kind !== 'stored') return
    this.#peers.spreadFromSource(putOf(registration), sentTo)
    this.#table.send(busId, registered(registration.stamp, this.#hint(registration, sentTo)))
  }

  /** Says who dials, for nodes that want each other; the others are told by one registry. */
  #hint(registration: Registration, sentTo: readonly bigint[]): bigint[] {
    const { busId } = registration.node
    const mutual = mutualPeers(registration, this.#table.store.all())
    if (this.#peers.isLeadOf(sentTo)) {
      for (const peer of mutual) {
        this.#table.send(peer, { kind: 'dial_hint', peer: busId, dial: peer < busId })
      }
    }
    return mutual.filter((peer) => peer < busId)
  }

  /** The same registration came again: it renews. */
  #again(registration: Registration, { nowMs }: Moment): void {
    const { busId } = registration.node
    this.#table.leases.renew(busId, nowMs)
    this.#table.send(busId, registered(registration.stamp, []))
  }

  #refuse(to: bigint, { stamp }: Registration, refusal: Refusal, holder = 0n): void {
    this.#table.send(to, refused(stamp, refusal, holder))
    this.#table.tell({ kind: 'refused', busId: to, refusal, holder })
  }

  #unknown(from: bigint): void {
    const facts = { code: RESULT.NOT_FOUND, newest: this.#newestOf(from) }
    this.#table.send(from, renewAnswer(this.#table, from, facts))
  }

  /** What a new version of this node must exceed, dead or alive. */
  #newestOf(busId: bigint): Stamp {
    const { store } = this.#table
    const stamps = store.tombstonesOf(busId).map(({ stamp }) => stamp)
    const standing = store.get(busId)
    if (standing !== undefined) stamps.push(standing.stamp)
    return stamps.reduce((a, b) => (compareStamps(a, b) < 0 ? b : a), NO_STAMP)
  }
}

function refusalOf(code: Refusal['code'], what: string, says: string): Refusal {
  return { code, what, says }
}
