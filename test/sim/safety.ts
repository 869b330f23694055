// What must hold after every single event, whatever has gone wrong before it.

import type { Input, LinkDownReason } from '../../src/core/effects.js'
import { overlapMs } from './cable.js'
import type { Life, LinkRecord } from './life.js'
import { fail } from './violation.js'
import type { World } from './world.js'

/** Three intervals of eight seconds (routing-table "Liveness"). */
const SILENCE_MS = 24_000
const PING_INTERVAL_MS = 8_000
/** A peer that was held up for less than this in all answered one of two pings in time. */
const EXCUSED_MS = 10_000

/** Turns of one life at one moment. */
const TURNS_MAX = 1_000

/** More than the second that the holder of an id has to answer. */
const PROBED_MS = 2_000

export class Safety {
  readonly #world: World
  readonly #turns = new WeakMap<Life, { readonly atMs: number; readonly count: number }>()

  constructor(world: World) {
    this.#world = world
  }

  afterInput(life: Life, input: Input): void {
    this.#links(life)
    this.#state(life)
    this.#counters(life)
    if (input.kind === 'tick') this.#afterTick(life)
    if (input.kind === 'stop') this.stopped(life)
  }

  /** Links change by events alone, which is what `afterInput` makes sure of at every tick. */
  afterBytes(life: Life, hadEffects: boolean): void {
    if (hadEffects) this.#links(life)
    this.#counters(life)
  }

  /** The core's list of links, the events that it told, and the open connections are one thing. */
  #links(life: Life): void {
    const links = life.core.links()
    if (links.length !== life.links.size) {
      fail(`${life.name} has ${links.length} links, but told of ${life.links.size}`)
    }
    for (const { id } of links) {
      const record = life.links.get(id)
      if (record === undefined) fail(`${life.name} has a link to ${id} that it did not tell`)
      if (record.end.state !== 'open' || life.ends.get(record.end.number) !== record.end) {
        fail(`${life.name} has a link to ${id} whose control connection is closed`)
      }
    }
  }

  #state(life: Life): void {
    let parents = 0
    for (const { info } of life.links.values()) if (info.role === 'parent') parents++
    const { rules } = life.place
    const most = this.#world.scenario.severalParents ? rules.parents.length : 1
    if (parents > most) fail(`${life.name} has ${parents} parents at once`)
    if (rules.parents.length === 0) return
    const isRunning = life.core.state === 'running'
    if (isRunning !== parents > 0) {
      fail(`${life.name} is ${life.core.state} with ${parents} links to a parent`)
    }
  }

  /** All nodes are lawful and cables do not change bytes: nobody has anything to complain of. */
  #counters(life: Life): void {
    const { badFrames, badMessages, badStates, badCiphers, replays } = life.core.counters
    if (badFrames + badMessages + badStates + badCiphers + replays === 0) return
    const found = JSON.stringify({ badFrames, badMessages, badStates, badCiphers, replays })
    fail(`${life.name} counts faults of lawful peers: ${found}`)
  }

  #afterTick(life: Life): void {
    const { nowMs } = this.#world
    const dueMs = life.core.nextDeadlineMs()
    if (dueMs < nowMs) fail(`${life.name} has a deadline at ${dueMs} ms, in the past`)
    // Long work goes on turn by turn, but not for ever.
    const turns = this.#turns.get(life)
    const count = turns?.atMs === nowMs ? turns.count + 1 : 1
    this.#turns.set(life, { atMs: nowMs, count })
    if (count > TURNS_MAX) fail(`${life.name} asked for ${count} turns at once`)
    for (const record of life.links.values()) this.#noticed(life, record)
  }

  /** Silence ends a link in time; a node that was stopped itself may ask once more. */
  #noticed(life: Life, record: LinkRecord): void {
    const { nowMs } = this.#world
    const heardAtMs = heardAt(life, record)
    if (nowMs - heardAtMs <= SILENCE_MS + 1) return
    const within = { fromMs: heardAtMs, untilMs: nowMs }
    const stops = life.pauses.filter((pause) => pause.untilMs > heardAtMs)
    const allowedMs = SILENCE_MS + 1 + overlapMs(stops, within) + stops.length * PING_INTERVAL_MS
    if (nowMs - heardAtMs <= allowedMs) return
    const silentMs = (nowMs - heardAtMs).toFixed(0)
    const peer = record.end.peer?.life.name ?? '?'
    fail(`${life.name} keeps its link to ${peer}, silent for ${silentMs} ms`)
  }

  linkDown(life: Life, record: LinkRecord, reason: LinkDownReason): void {
    const peer = record.end.peer?.life.name ?? '?'
    if (reason === 'fault') {
      fail(`${life.name} ended its link to ${peer} for a fault, but ${peer} is lawful`)
    }
    if (reason === 'silent' && !this.#isExcused(life, record)) {
      fail(`${life.name} took ${peer} for dead, which runs on a healthy cable`)
    }
  }

  /** An id goes to another life only when its holder did not show itself. */
  replaced(life: Life, before: LinkRecord, after: LinkRecord): void {
    const { end } = before
    const holder = end.peer?.life
    if (holder === undefined || holder === after.end.peer?.life) return
    if (!holder.isAlive || end.peer?.state !== 'open') return
    if (end.in?.isBroken !== false || end.out?.isBroken !== false) return
    const { nowMs } = this.#world
    const within = { fromMs: nowMs - PROBED_MS, untilMs: nowMs }
    const heldMs =
      overlapMs(holder.pauses, within) +
      overlapMs(life.pauses, within) +
      overlapMs(end.in.stalls, within) +
      overlapMs(end.out.stalls, within)
    if (heldMs > 0) return
    fail(`${life.name} gave the id of ${holder.name}, which lives, to ${after.end.peer?.life.name}`)
  }

  /** Whether the peer really could not be heard. */
  #isExcused(life: Life, record: LinkRecord): boolean {
    const { end } = record
    const peer = end.peer
    if (peer === undefined || end.in === undefined || end.in.isBroken) return true
    const { nowMs } = this.#world
    const within = { fromMs: heardAt(life, record), untilMs: nowMs }
    const heldMs =
      overlapMs(peer.life.pauses, within) +
      overlapMs(end.in.stalls, within) +
      overlapMs(end.out?.stalls ?? [], within)
    if (heldMs >= EXCUSED_MS) return true
    // A child that somebody else announces is asked whether it is still here, and has a second.
    const wasAsked = record.info.role === 'child' && nowMs - within.fromMs < SILENCE_MS
    return wasAsked && this.#couldNotAnswer(life, record)
  }

  #couldNotAnswer(life: Life, { end }: LinkRecord): boolean {
    const { nowMs } = this.#world
    const within = { fromMs: nowMs - PROBED_MS, untilMs: nowMs }
    const peer = end.peer?.life
    if (end.out?.isBroken !== false || peer === undefined) return true
    if (Math.max(life.fullUntilMs, peer.fullUntilMs) > within.fromMs) return true
    const pipes = [end.in?.stalls ?? [], end.out.stalls, peer.pauses, life.pauses]
    return pipes.some((held) => overlapMs(held, within) > 0)
  }

  /** A node that was told to stop holds nothing and waits for nothing. */
  stopped(life: Life): void {
    if (life.core.links().length > 0) fail(`${life.name} was stopped and has links`)
    if (life.ends.size > 0) fail(`${life.name} was stopped and has ${life.ends.size} connections`)
    const dueMs = life.core.nextDeadlineMs()
    if (dueMs !== Number.POSITIVE_INFINITY) {
      fail(`${life.name} was stopped and waits for ${dueMs} ms`)
    }
  }
}

/** A plain peer speaks over several connections. */
function heardAt(life: Life, record: LinkRecord): number {
  let latestMs = Math.max(record.upAtMs, record.end.heardAtMs)
  if (!record.info.plain) return latestMs
  for (const end of life.ends.values()) {
    if (end.peer?.life === record.end.peer?.life) latestMs = Math.max(latestMs, end.heardAtMs)
  }
  return latestMs
}
