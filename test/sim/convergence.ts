// What must stand once the faults are over and those that stay dead are dead.

import { type Message, nameOf } from './ledger.js'
import type { Life } from './life.js'
import { RouteTruth } from './route-truth.js'
import { fail } from './violation.js'
import type { Place, World } from './world.js'

/** A message that passes more nodes than this is answered with TTL. */
const HOPS_MAX = 16
const TTL_CODE = -71

export class Convergence {
  readonly #world: World
  readonly #samples: { readonly message: Message; readonly arrives: boolean }[] = []

  constructor(world: World) {
    this.#world = world
  }

  /** Every node that could have a parent has one, and every link stands at both of its ends. */
  check(): void {
    for (const place of this.#world.places) {
      if (place.life?.isAlive) this.#checkLife(place, place.life)
    }
  }

  #checkLife(place: Place, life: Life): void {
    const world = this.#world
    const parents = place.rules.parents.filter((index) => world.places[index]?.life?.isAlive)
    const { severalParents } = world.scenario
    const wanted = severalParents ? parents.length : Math.min(1, parents.length)
    let held = 0
    for (const { info } of life.links.values()) if (info.role === 'parent') held++
    if (held !== wanted) {
      const which = parents.map((index) => world.places[index]?.name).join(', ')
      fail(`${life.name} has ${held} parents; alive are: ${which || 'none'}`)
    }
    let connections = 0
    for (const { info, end } of life.links.values()) {
      const peer = end.peer?.life
      const back = peer?.links.get(place.id)
      const label = `the link of ${life.name} to ${peer?.name ?? info.id}`
      if (peer === undefined || !peer.isAlive) fail(`${label} leads to a dead process`)
      if (back === undefined || back.end !== end.peer)
        fail(`${label} does not stand at its other end`)
      const roles = `${info.role}/${back.info.role}`
      if (!['parent/child', 'child/parent', 'sibling/sibling'].includes(roles)) {
        fail(`${label} has the roles ${roles}`)
      }
      connections += info.plain ? 2 : 1
    }
    // Who looks in vain for a parent has a dial under way now and then.
    const seats = severalParents
      ? place.rules.parents.length
      : Math.min(1, place.rules.parents.length)
    const searches = seats - held
    const spare = life.ends.size - connections
    if (spare < 0 || spare > searches) {
      fail(`${life.name} has ${life.ends.size} connections; its links need ${connections}`)
    }
    this.#checkDeadline(life, searches > 0)
  }

  /** A node that only keeps its links waits for the next look at them, and for nothing else. */
  #checkDeadline(life: Life, searches: boolean): void {
    const dueMs = life.core.nextDeadlineMs()
    const waits = dueMs !== Number.POSITIVE_INFINITY
    const needs = life.links.size > 0 || searches
    if (waits === needs) return
    fail(`${life.name} waits for ${dueMs} ms with ${life.links.size} links`)
  }

  /** Sends between pairs of living places: what can arrive must, what cannot must be answered. */
  sample(count: number): void {
    const world = this.#world
    const living = world.places.filter((place) => place.life?.isAlive)
    const truth = new RouteTruth(world)
    for (let sent = 0; sent < count; sent++) {
      const source = world.chance.pick(living)
      const target = world.chance.pick(world.places)
      if (source?.life === undefined || target === undefined || source === target) continue
      const message = world.ledger.send(source.life, target, { asks: sent % 2 === 0, bytes: 40 })
      const arrives = target.life?.isAlive === true && isReachable(source.life, target.life, truth)
      if (arrives && message.outcome !== 'sent') {
        fail(`${nameOf(message)} could not be sent (${message.outcome}); there is a way`)
      }
      this.#samples.push({ message, arrives })
    }
  }

  checkSamples(): void {
    for (const { message, arrives } of this.#samples) {
      const { answer, asks, isDelivered, outcome } = message
      const mayBeFar = message.path.length > HOPS_MAX || this.#world.scenario.severalParents
      const tooFar = answer === TTL_CODE && mayBeFar
      if (arrives && !isDelivered && !tooFar) {
        fail(`${nameOf(message)} did not arrive (answer ${answer}), though there is a way`)
      }
      if (isDelivered && asks && answer !== 0) fail(`${nameOf(message)} was not confirmed`)
      if (outcome === 'sent' && !isDelivered && answer === undefined) {
        fail(`${nameOf(message)} neither arrived nor failed in a quiet tree`)
      }
    }
  }
}

/** Where plain nodes are about, not all that can be reached can be named. */
function isReachable(from: Life, to: Life, truth: RouteTruth): boolean {
  return from.world.hasPlain ? rootOf(from) === rootOf(to) : truth.knows(from, to.place.id)
}

/** The top of the tree that a life is in now. */
function rootOf(life: Life): Life {
  let at = life
  for (
    let up = at.parentLink?.end.peer?.life;
    up !== undefined;
    up = at.parentLink?.end.peer?.life
  ) {
    at = up
  }
  return at
}
