// What every routing table must hold once all is quiet: the export rule, worked out from the links.

import type { Life, LinkRecord } from './life.js'
import { fail } from './violation.js'
import type { World } from './world.js'

/** What one life has been told over one of its links, if everybody told all that it may. */
interface Told {
  readonly link: LinkRecord
  /** The life at the other end. */
  readonly by: Life
  readonly ids: Set<bigint>
}

const RANKS = { child: 0, sibling: 1, parent: 2 } as const

export class RouteTruth {
  readonly #world: World
  readonly #told = new Map<Life, Told[]>()
  readonly #opaque = new Set<Life>()

  /** Works it out for the links that stand now. */
  constructor(world: World) {
    this.#world = world
    for (const life of world.lives()) this.#told.set(life, toldAtFirst(life))
    this.#spread()
    this.#spreadOpaque()
  }

  /** Whether a life of our kind knows a way to an id. */
  knows(life: Life, id: bigint): boolean {
    return life.place.id === id || this.#holders(life, id).length > 0
  }

  /** Sets only grow, so going on until nothing comes in ends at the fixed point. */
  #spread(): void {
    for (let grows = true; grows; ) {
      grows = false
      for (const [life, links] of this.#told) {
        for (const told of links) if (this.#hear(life, told)) grows = true
      }
    }
  }

  /** A neighbour of our kind names itself and what its rule lets it; a plain one says nothing. */
  #hear(life: Life, { by, ids, link }: Told): boolean {
    if (isPlain(by) || isPlain(life)) return false
    const before = ids.size
    const toChild = link.info.role === 'parent'
    for (const from of this.#told.get(by) ?? []) {
      if (from.by === life || (!toChild && from.link.info.role !== 'child')) continue
      for (const id of from.ids) if (id !== life.place.id) ids.add(id)
    }
    return ids.size > before
  }

  /** Above whom there may be ids that nobody can name. */
  #spreadOpaque(): void {
    for (let grows = true; grows; ) {
      grows = false
      for (const [life, links] of this.#told) {
        if (this.#opaque.has(life)) continue
        const above = links.filter(({ link }) => link.info.role === 'parent')
        if (!above.some(({ by }) => isPlain(by) || this.#opaque.has(by))) continue
        this.#opaque.add(life)
        grows = true
      }
    }
  }

  /** The best of those that have told of an id; the neighbour itself before all others. */
  #holders(life: Life, id: bigint): Told[] {
    const holders = (this.#told.get(life) ?? []).filter(({ ids }) => ids.has(id))
    const itself = holders.filter(({ by }) => by.place.id === id)
    if (itself.length > 0) return itself
    const best = Math.min(...holders.map(({ link }) => RANKS[link.info.role]))
    return holders.filter(({ link }) => RANKS[link.info.role] === best)
  }

  check(): void {
    for (const life of this.#told.keys()) {
      if (isPlain(life)) continue
      for (const place of this.#world.places) this.#checkId(life, place.id)
      this.#checkRest(life)
    }
  }

  #checkId(life: Life, id: bigint): void {
    if (id === life.place.id) return
    const holders = this.#holders(life, id)
    const name = `0x${id.toString(16)}`
    if (holders.length === 0) {
      this.#checkUnknown(life, id, name)
      return
    }
    const route = life.core.routes.get(id)
    if (route === undefined) fail(`${life.name} does not know ${name}, which it could reach`)
    if (route.stale || life.core.routes.has(id) !== true) {
      fail(`${life.name} does not use its route to ${name}, though it leads there`)
    }
    if (!holders.some(({ by, link }) => isVia(route, by, link))) {
      const ways = holders.map(({ by, link }) => `${link.info.role} ${by.name}`).join(' or ')
      const via = `${route.viaRole} 0x${route.via.toString(16)}`
      fail(`${life.name} goes to ${name} by ${via}; the best way is by ${ways}`)
    }
    this.#checkLife(life, id, name)
  }

  #checkUnknown(life: Life, id: bigint, name: string): void {
    const has = life.core.routes.has(id)
    // What was heard from behind a plain child, or is placed there, counts without being named.
    const isGuess = life.core.routes.get(id) !== undefined && isMadeUp(life, id)
    if (isGuess && this.#world.hasPlain) return
    if (has === true) fail(`${life.name} says that it reaches ${name}, and there is no way`)
    if (has === 'maybe' && !this.#opaque.has(life) && !this.#world.hasPlain) {
      fail(`${life.name} is not sure of ${name}, though everybody above names all`)
    }
    if (life.core.routes.get(id) !== undefined) {
      fail(`${life.name} still holds a route to ${name}, which is gone`)
    }
  }

  /** Records name the life that runs. A plain node has none of its own: its neighbours make one. */
  #checkLife(life: Life, id: bigint, name: string): void {
    const target = this.#world.place(id)?.life
    if (target === undefined || isPlain(target)) return
    const held = life.core.routes.incarnation(id)
    if (held === undefined || !held.every((byte, at) => byte === target.incarnation[at])) {
      fail(`${life.name} knows another life of ${name} than the one that runs`)
    }
  }

  /** Nothing but ids of this world, each once. */
  #checkRest(life: Life): void {
    let count = 0
    for (const { id } of life.core.routes) {
      count++
      if (this.#world.place(id) === undefined) fail(`${life.name} knows ${id}, which never was`)
      if (id === life.place.id) fail(`${life.name} has a route to itself`)
    }
    if (count !== life.core.routes.size) {
      fail(`${life.name} counts ${life.core.routes.size} routes and lists ${count}`)
    }
  }
}

function toldAtFirst(life: Life): Told[] {
  const told: Told[] = []
  for (const link of life.links.values()) {
    const by = link.end.peer?.life
    if (by !== undefined) told.push({ link, by, ids: new Set([by.place.id]) })
  }
  return told
}

function isVia(route: { via: bigint; viaRole: string }, by: Life, link: LinkRecord): boolean {
  return route.via === by.place.id && route.viaRole === link.info.role
}

export function isPlain(life: Life): boolean {
  return life.place.rules.plain
}

/** The record of an id that nobody can name: its own id stands for its life. */
export function isMadeUp(life: Life, id: bigint): boolean {
  return life.core.routes.incarnation(id) === undefined
}
