// What must hold of every routing table after every event: nothing is used that nobody vouches for.

import type { RouteInfo } from '../../src/core/routes/routes-view.js'
import type { End } from './cable.js'
import type { Life, LinkRecord } from './life.js'
import { isMadeUp, isPlain } from './route-truth.js'
import { RouteWords, type Said, type Word } from './route-words.js'
import { fail } from './violation.js'
import type { World } from './world.js'

/** Ids that are looked at after each event, in turn. */
const IDS_AN_EVENT = 2
/** After so many events of one life its whole table is looked at. */
const WHOLE_EVERY = 64
/**
 * A circle that stands this long, whenever it is looked at, between nodes that hear each other will
 * not go away: an id that changes too often is told a second later at each of a dozen levels, up
 * and down again.
 */
const CIRCLE_MS = 25_000
const LOOK_AGAIN_MS = 1_000
/**
 * Silence of 24 s, a stall of the judge's own of 8 s, and a tick; then the grace time of 15 s, in
 * which a lost parent's ids are still shown to children.
 */
const DETECTION_MS = 48_000
/** An id that changes too often is passed on a second later, at each node on the way. */
const PASSED_ON_MS = 1_000

/** How far the checks of one life are: what has not changed is looked at once. */
interface Watch {
  events: number
  /** The newest change of its table that was seen. */
  version: number
  /** Ids that were looked at since something changed. */
  looked: number
}

interface Circle {
  readonly links: readonly LinkRecord[]
  readonly lives: readonly Life[]
}

export class RouteSafety {
  readonly #world: World
  readonly #words = new RouteWords()
  readonly #watches = new Map<Life, Watch>()
  readonly #circles = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  linkUp(life: Life, link: LinkRecord): void {
    this.#words.linkUp(life, link)
    this.#changed(life)
  }

  linkDown(life: Life, link: LinkRecord): void {
    this.#words.linkDown(life, link)
    this.#changed(life)
  }

  died(life: Life): void {
    this.#words.died(life)
    this.#watches.delete(life)
  }

  heard(life: Life, end: End, frame: Uint8Array): void {
    if (!this.#words.heard(life, end, frame)) return
    this.#changed(life)
    this.#world.routesHeard()
  }

  #watchOf(life: Life): Watch {
    let watch = this.#watches.get(life)
    if (watch === undefined) {
      watch = { events: 0, version: -1, looked: 0 }
      this.#watches.set(life, watch)
    }
    return watch
  }

  #changed(life: Life): void {
    this.#watchOf(life).looked = 0
  }

  afterEvent(life: Life): void {
    if (!life.isAlive || isPlain(life)) return
    const watch = this.#watchOf(life)
    const { version } = life.core.routes
    const isChanged = watch.version !== version
    watch.version = version
    if (this.#world.scenario.encrypted) {
      // What is said over an encrypted link is not read here; that it was heard shows.
      if (isChanged) this.#world.routesHeard()
      return
    }
    if (isChanged) watch.looked = 0
    watch.events++
    const { places } = this.#world
    const isWhole = watch.events % WHOLE_EVERY === 0
    if (watch.looked >= places.length && !isWhole) return
    const count = isWhole ? places.length : IDS_AN_EVENT
    for (let step = 0; step < count; step++) {
      const place = places[(watch.events * IDS_AN_EVENT + step) % places.length]
      if (place !== undefined && place !== life.place) this.#checkId(life, place.id)
    }
    watch.looked += count
  }

  #checkId(life: Life, id: bigint): void {
    const route = life.core.routes.get(id)
    if (route === undefined || route.stale) return
    const link = life.links.get(route.via)
    if (link === undefined || link.info.role !== route.viaRole) {
      fail(`${wayTo(life, route)}, to whom it has no such link`)
    }
    if (id !== route.via) this.#checkWord(life, route, link)
    this.#watchCircle(life, id)
  }

  #checkWord(life: Life, route: RouteInfo, link: LinkRecord): void {
    if (link.info.plain) return
    const { id, via } = route
    const said = this.#words.of(life, via)
    const word = said?.words.get(id)
    if (said === undefined || word === undefined) {
      fail(`${wayTo(life, route)}, who says nothing of it on the link that stands`)
    }
    const held = life.core.routes.incarnation(id)
    if (held !== undefined && !isLife(word, held)) {
      fail(`${wayTo(life, route)} to another life than that one speaks of`)
    }
    if (this.#isHidden(life, said, id)) {
      fail(`${wayTo(life, route)}, though it has moved away from there`)
    }
  }

  /** Somebody has the same life with a higher attach, or one of those above it. */
  #isHidden(life: Life, said: Said, id: bigint): boolean {
    // A move that was made up is undone: what was said of it does not count.
    if (life.core.counters.falseMoves > 0) return false
    let at: bigint | undefined = id
    for (let levels = 0; at !== undefined && levels <= said.words.size; levels++) {
      const word = said.words.get(at)
      if (word === undefined) return false
      for (const other of this.#words.all(life)) {
        const rival = other === said ? undefined : other.words.get(at)
        if (rival?.life === word.life && rival.attach > word.attach) return true
      }
      at = word.parent
    }
    return false
  }

  /** Follows the next hops; where they come back, looks again when it should have ended. */
  #watchCircle(life: Life, id: bigint): void {
    const circle = circleFrom(life, id)
    if (circle === undefined) return
    const key = `${id}:${circle.lives.map(({ number }) => number).join('>')}`
    if (this.#circles.has(key)) return
    this.#circles.add(key)
    this.#lookAgain(key, circle, id)
  }

  #lookAgain(key: string, circle: Circle, id: bigint): void {
    const { nowMs, schedule } = this.#world
    const look = (): void => {
      const stands = isSame(circle, circleFrom(circle.lives[0], id))
      if (stands && this.#world.nowMs - nowMs < CIRCLE_MS) {
        schedule.after(LOOK_AGAIN_MS, look)
        return
      }
      this.#circles.delete(key)
      if (stands && isSettled(circle, nowMs)) {
        fail(`the next hops to 0x${id.toString(16)} go in a circle: ${wayOf(circle)}`)
      }
    }
    schedule.after(LOOK_AGAIN_MS, look)
  }

  /** The faults are over: from when on nobody may use what is gone for ever. */
  get detectionMs(): number {
    const { places, scenario } = this.#world
    return DETECTION_MS + places.length * (PASSED_ON_MS + 2 * scenario.latencyMs)
  }

  /** Ids of places that stay dead are not used by anybody. */
  checkGone(): void {
    const gone = this.#world.places.filter(({ life }) => !life?.isAlive)
    for (const life of this.#world.lives()) {
      if (isPlain(life)) continue
      for (const { id, name } of gone) {
        const route = life.core.routes.get(id)
        if (route === undefined || route.stale) continue
        if (isMadeUp(life, id) && this.#world.hasPlain) continue
        fail(`${life.name} uses its route to ${name}, gone for longer than it takes to be noticed`)
      }
    }
  }
}

function wayTo(life: Life, { id, via }: RouteInfo): string {
  return `${life.name} goes to 0x${id.toString(16)} by 0x${via.toString(16)}`
}

function circleFrom(start: Life | undefined, id: bigint): Circle | undefined {
  const lives: Life[] = []
  const links: LinkRecord[] = []
  for (let life: Life | undefined = start; life?.isAlive === true && life.place.id !== id; ) {
    const at = lives.indexOf(life)
    if (at >= 0) return { lives: lives.slice(at), links: links.slice(at) }
    const route: RouteInfo | undefined = isPlain(life) ? undefined : life.core.routes.get(id)
    const link: LinkRecord | undefined =
      route === undefined || route.stale ? undefined : life.links.get(route.via)
    if (link === undefined) return undefined
    lives.push(life)
    links.push(link)
    life = link.end.peer?.life
  }
  return undefined
}

function isLife(word: Word, held: Uint8Array): boolean {
  return word.life === Buffer.from(held).toString('hex')
}

function isAwake(life: Life, sinceMs: number): boolean {
  if (!life.isAlive || life.fullUntilMs > sinceMs) return false
  return (life.pauses.at(-1)?.untilMs ?? 0) <= sinceMs
}

function isHeard({ end }: LinkRecord, sinceMs: number): boolean {
  for (const pipe of [end.in, end.out]) {
    if (end.state !== 'open' || pipe === undefined || pipe.isBroken) return false
    if (pipe.stalledUntilMs > sinceMs) return false
  }
  return true
}

function wayOf({ lives }: Circle): string {
  return lives.map(({ name }) => name).join(' > ')
}

/** All of it is awake, and its links were heard, since then. */
function isSettled({ lives, links }: Circle, sinceMs: number): boolean {
  return (
    lives.every((life) => isAwake(life, sinceMs)) && links.every((link) => isHeard(link, sinceMs))
  )
}

function isSame(circle: Circle, now: Circle | undefined): boolean {
  return now?.lives.every((life, at) => life === circle.lives[at]) === true
}
