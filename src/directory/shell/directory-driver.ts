// Joins a core of the directory to a real node: its messages, links, routes, dials and clock.

import type { LinkInfo } from '../../core/effects.js'
import type { RouteInfo } from '../../core/routes/routes-view.js'
import type { BusMessage } from '../../node/bus-message.js'
import type { BusNode } from '../../node/bus-node.js'
import { Clock } from '../../node/clock.js'
import type { LinkDown, Refused, RouteDown } from '../../node/events.js'
import type { Layer } from '../../node/layers.js'
import type { ClientEvent } from '../client-config.js'
import { decodeMessage } from '../directory-decode.js'
import type { Answer } from '../directory-messages.js'
import type { PollAnswer } from '../lookups.js'
import type { Moment } from '../moment.js'
import { isRegistry } from '../record.js'
import type { RegistryEvent } from '../registry-events.js'
import { Dials } from './dials.js'
import { Expulsions } from './expulsions.js'
import { Introductions } from './introductions.js'
import { Outbox, WORD } from './outbox.js'
import { dialable } from './own-addresses.js'
import { RegistryAddresses } from './registry-addresses.js'
import type { Role, ShellEffect, ShellInput } from './shell-role.js'
import { Wishes } from './wishes.js'

export interface DriverOptions {
  readonly node: BusNode
  readonly role: Role
  readonly hostId: string
  readonly registryRetryMs: number
  readonly chance: () => number
  readonly onEvent: (event: ClientEvent | RegistryEvent) => void
  readonly onAnswer: (from: bigint, answer: Answer) => void
  readonly onPolled: (answer: PollAnswer) => void
  readonly onDuplicate: (registry: bigint, address: string) => void
  /** The node begins to close. */
  readonly onClosing: () => void
}

type Act = (moment: Moment) => readonly ShellEffect[]

export class DirectoryDriver {
  readonly addresses: RegistryAddresses
  readonly outbox: Outbox
  /** Messages that no node of ours would send. */
  badMessages = 0
  /** Messages that came back. */
  undelivered = 0
  readonly #options: DriverOptions
  readonly #clock = new Clock(() => this.#tick())
  readonly #layer: Layer
  readonly #dials: Dials
  readonly #wishes: Wishes
  readonly #expulsions: Expulsions
  readonly #introductions: Introductions
  readonly #acts: Act[] = []
  #isActing = false
  #isOn = true

  constructor(options: DriverOptions) {
    const { node, chance, onDuplicate, registryRetryMs } = options
    this.#options = options
    this.#layer = node.openLayer('directory', {
      message: (message) => this.#message(message),
      undelivered: ({ to }) => {
        this.undelivered++
        this.give({ kind: 'undelivered', id: to })
      },
      closing: () => options.onClosing(),
    })
    this.outbox = new Outbox(this.#layer)
    this.#introductions = new Introductions({
      node,
      outbox: this.outbox,
      registry: () => options.role.registry,
    })
    const nowMs = (): number => this.#clock.nowMs()
    const isLinked = (id: bigint): boolean => node.peer(id) !== undefined
    this.#dials = new Dials(node, nowMs)
    this.#expulsions = new Expulsions(node)
    this.#wishes = new Wishes({
      dials: this.#dials,
      isLinked,
      failed: (id) => this.give({ kind: 'dial_failed', id }),
    })
    this.addresses = new RegistryAddresses({
      dials: this.#dials,
      selfId: node.id,
      retryMs: registryRetryMs,
      nowMs,
      chance,
      isLinked,
      isTreeLink: (id) => ['parent', 'child'].includes(node.peer(id)?.role ?? ''),
      duplicate: onDuplicate,
    })
  }

  /** Links that stand already are told first: their ends have greeted us before we could hear. */
  start(): void {
    const { node, role } = this.#options
    for (const [name, listener] of this.#listeners()) node.on(name, listener)
    this.step((moment) => role.start(moment))
    for (const { id, plain } of node.peers()) {
      this.give({ kind: 'link', id, up: true })
      if (!plain) this.outbox.askForGreeting(id)
    }
  }

  moment(): Moment {
    return { nowMs: this.#clock.nowMs(), wallMs: Date.now() }
  }

  give(input: ShellInput): void {
    this.step((moment) => this.#options.role.handle(moment, input))
  }

  /** One after another: what an effect brings about waits until the effects before it are done. */
  step(act: Act): void {
    if (!this.#isOn) return
    this.#acts.push(act)
    if (this.#isActing) return
    this.#isActing = true
    try {
      for (let next = this.#acts.shift(); next; next = this.#acts.shift()) {
        for (const effect of next(this.moment())) this.#obey(effect)
      }
    } finally {
      this.#isActing = false
    }
    this.#introductions.look()
    this.schedule()
  }

  schedule(): void {
    if (!this.#isOn) return
    const { nextDueMs } = this.#options.role
    const dueMs = Math.min(nextDueMs, this.#dials.nextDueMs, this.addresses.nextDueMs)
    this.#clock.wakeAt(dueMs, false)
  }

  close(): void {
    if (!this.#isOn) return
    this.#isOn = false
    for (const [name, listener] of this.#listeners()) this.#options.node.off(name, listener)
    this.#clock.stop()
    this.#layer.close()
  }

  #listeners() {
    return [
      ['link_up', this.#linkUp],
      ['link_down', this.#linkDown],
      ['dial_failed', this.#dialFailed],
      ['refused', this.#refused],
      ['route_up', this.#routeUp],
      ['route_down', this.#routeDown],
      ['route_changed', this.#routeChanged],
      ['route_reset', this.#routeReset],
      ['writable', this.#writable],
    ] as const
  }

  #tick(): void {
    const { nowMs } = this.moment()
    this.#dials.tick(nowMs)
    this.addresses.tick(nowMs)
    this.give({ kind: 'tick' })
  }

  #obey(effect: ShellEffect): void {
    const { onAnswer, onEvent, onPolled } = this.#options
    switch (effect.kind) {
      case 'send':
        this.outbox.send(effect.to, effect.message)
        break
      case 'dial':
        this.#wishes.dial(effect.id, this.#dialable(effect.id, effect.addresses))
        break
      case 'ask_greeting':
        this.outbox.askForGreeting(effect.to)
        break
      case 'expel':
        this.#expulsions.expel(effect.id, effect.incarnation)
        break
      case 'event':
        onEvent(effect.event)
        break
      case 'answer':
        onAnswer(effect.from, effect.answer)
        break
      case 'polled':
        onPolled(effect)
        break
    }
  }

  #dialable(id: bigint, addresses: readonly string[]): string[] {
    const { hostId, role } = this.#options
    const peer = role.table.get(id)?.registration.node
    return dialable(addresses, peer === undefined || peer.hostId === hostId)
  }

  #message({ from, payload, type }: BusMessage): void {
    if (type === WORD.GREET_ME) {
      this.#greet(from)
      return
    }
    if (type === WORD.REGISTRY_IS) {
      if (!this.#introductions.told(from, payload)) this.badMessages++
      return
    }
    const message = decodeMessage(payload)
    if (message === undefined) this.badMessages++
    else this.give({ kind: 'message', from, message })
  }

  #greet(id: bigint): void {
    const { node, role } = this.#options
    if (role.isRegistry) this.give({ kind: 'asked', id })
    else if (node.peer(id) !== undefined) this.#introductions.asked(id)
  }

  readonly #linkUp = (link: LinkInfo): void => {
    const { role } = this.#options
    if (link.role === 'parent' && role.registry === undefined && !link.plain) {
      this.outbox.askForGreeting(link.id)
    }
    if (this.#expulsions.linkUp(link.id)) this.give({ kind: 'link', id: link.id, up: true })
    this.#dials.linkUp(link)
    this.schedule()
  }

  readonly #linkDown = ({ link }: LinkDown): void => {
    this.#introductions.linkDown(link.id)
    this.give({ kind: 'link', id: link.id, up: false })
    this.addresses.linkDown(link.id)
    this.schedule()
  }

  readonly #dialFailed = ({ address }: { readonly address: string }): void => {
    this.#dials.failed(address)
    this.schedule()
  }

  readonly #refused = (refusal: Refused): void => {
    this.#dials.refused(refusal)
    this.schedule()
  }

  readonly #routeUp = ({ id }: RouteInfo): void => {
    this.#route(id, true)
    this.#askBehindTree(id)
  }

  readonly #routeDown = ({ id }: RouteDown): void => {
    this.outbox.forget(id)
    this.#route(id, false)
  }

  /** Another life took over without a moment in between. */
  readonly #routeChanged = ({ id }: RouteInfo): void => {
    if (!this.#isOtherLife(id)) return
    this.#route(id, false)
    this.#route(id, true)
    this.#askBehindTree(id)
  }

  /** A registry greets its neighbours; one that is back beyond them has to be asked. */
  #askBehindTree(id: bigint): void {
    const { node, role } = this.#options
    const entry = role.table.get(id)
    const isFar = entry !== undefined && isRegistry(entry.registration) && !node.peer(id)
    if (isFar) this.outbox.askForGreeting(id)
  }

  readonly #routeReset = (): void => {
    const { node, role } = this.#options
    for (const { registration, isUp } of [...role.table.all()]) {
      const { busId } = registration.node
      const isThere = node.routes.has(busId) !== false
      if (isThere !== isUp) this.#route(busId, isThere)
    }
  }

  readonly #writable = (): void => {
    this.outbox.writable()
  }

  #route(id: bigint, up: boolean): void {
    this.give({ kind: 'route', id, up, isOtherLife: this.#isOtherLife(id) })
  }

  #isOtherLife(id: bigint): boolean {
    const { node, role } = this.#options
    const listed = role.table.get(id)?.registration.node.incarnation
    const life = listed === undefined ? undefined : node.routes.incarnation(id)
    return life !== undefined && life !== listed
  }
}
