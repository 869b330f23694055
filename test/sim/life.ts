// One life of one process: its core, its connections, and what the world sees of its links.

import type { CoreConfig } from '../../src/core/config.js'
import type { CoreEvent, Effect, Input, LinkInfo, Port } from '../../src/core/effects.js'
import type { NodeCore } from '../../src/core/node-core.js'
import type { SendOutcome } from '../../src/core/outbound.js'
import { End, type Interval } from './cable.js'
import type { Message } from './ledger.js'
import { toyPrimitives } from './toy-curve.js'
import { fail } from './violation.js'
import type { Place, World } from './world.js'

/** A link that the core reported and did not end yet. */
export interface LinkRecord {
  readonly info: LinkInfo
  /** Its control connection. */
  readonly end: End
  readonly upAtMs: number
}

export class Life {
  readonly world: World
  readonly place: Place
  readonly number: number
  readonly core: NodeCore
  readonly incarnation: Uint8Array
  readonly ends = new Map<number, End>()
  readonly links = new Map<bigint, LinkRecord>()
  /** Accepted by a link, by the sequence that the core gave it. */
  readonly sent = new Map<number, Message>()
  readonly pauses: Interval[] = []
  /** Claims are refused until then. */
  fullUntilMs = 0
  wallOffsetMs = 0
  isAlive = true
  endedAtMs = Number.POSITIVE_INFINITY
  /** The connection whose frames are being worked on: a dialled link comes up from within. */
  #receiving: End | undefined
  /** Gone already when its word reached the core, which may still ask to close it. */
  #reported = -1
  /** The link that makes room for the one that is reported next. */
  #replaced: LinkRecord | undefined
  #waiting: (() => void)[] = []
  #wakeAtMs = Number.POSITIVE_INFINITY
  readonly #message
  #badSenders = 0
  #answersLost = 0

  constructor(world: World, place: Place, number: number, config: CoreConfig) {
    this.world = world
    this.place = place
    this.number = number
    this.incarnation = config.incarnation
    const chance = world.chance.fork()
    const ambient = {
      primitives: world.scenario.realCurve ? world.kit.primitives : toyPrimitives(world.kit),
      random: (bytes: number) => chance.bytes(bytes),
      wallMs: () => world.wallMs + this.wallOffsetMs,
    }
    this.core = new world.kit.NodeCore(config, ambient, {
      message: (data, head) => world.ledger.delivered(this, data, head),
      answer: (data, head) => world.ledger.answered(this, data, head),
    })
    this.#message = this.core.outbound.newMessage()
  }

  get name(): string {
    return `${this.place.name}/${this.number}`
  }

  get isPaused(): boolean {
    const last = this.pauses.at(-1)
    return last !== undefined && last.untilMs > this.world.nowMs
  }

  get parentLink(): LinkRecord | undefined {
    for (const link of this.links.values()) if (link.info.role === 'parent') return link
    return undefined
  }

  /** At once, or when the process goes on. */
  whenRunning(run: () => void): void {
    if (!this.isAlive) return
    if (this.isPaused) this.#waiting.push(run)
    else run()
  }

  give(input: Input): void {
    if (!this.isAlive) return
    this.world.trace(this, input.kind, input)
    this.perform(this.core.handle(this.world.nowMs, input))
    this.world.safety.afterInput(this, input)
    this.world.routeSafety.afterEvent(this)
    this.planWake()
  }

  receive(end: End, bytes: Uint8Array, isFrameEnd: boolean): void {
    this.world.trace(this, 'bytes', end.number, bytes.length)
    if (isFrameEnd) end.heardAtMs = this.world.nowMs
    this.#receiving = end
    let hadEffects = false
    if (bytes.length === 0) hadEffects = this.#work(end)
    for (let at = 0; at < bytes.length && end.state === 'open'; ) {
      const space = end.reader.space()
      const part = Math.min(space.length, bytes.length - at)
      space.set(bytes.subarray(at, at + part))
      end.reader.filled(part)
      at += part
      if (this.#work(end)) hadEffects = true
    }
    this.#receiving = undefined
    this.#watchCounters()
    if (isFrameEnd) this.world.routeSafety.heard(this, end, new Uint8Array(bytes.buffer))
    this.world.safety.afterBytes(this, hadEffects)
    this.world.routeSafety.afterEvent(this)
    this.planWake()
  }

  /** Lets the core work through what a connection holds; true where that had effects. */
  #work(end: End): boolean {
    let hadEffects = false
    while (end.state === 'open') {
      const effects = this.core.receive(this.world.nowMs, end.number)
      if (effects.length === 0) break
      hadEffects = true
      this.perform(effects)
    }
    return hadEffects
  }

  /** Messages that the core dropped without a word to anybody, as it may. */
  #watchCounters(): void {
    const { badSenders, answersLost } = this.core.counters
    if (badSenders !== this.#badSenders || answersLost !== this.#answersLost) {
      this.#badSenders = badSenders
      this.#answersLost = answersLost
      this.place.droppedAtMs = this.world.nowMs
    }
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'event') this.#event(effect.event)
      else if (effect.kind === 'send') this.#openEnd(effect).out?.write(effect.frame)
      else if (effect.kind === 'close') this.#close(effect.connection, effect.how)
      else if (effect.kind === 'pause') this.#openEnd(effect).isHeld = true
      else if (effect.kind === 'resume') this.#resume(effect.connection)
      else this.#dial(effect.connection, effect.address)
    }
  }

  /** What the core held back is read again, on a later turn. */
  #resume(number: number): void {
    const end = this.ends.get(number)
    if (end === undefined) return
    end.isHeld = false
    this.world.schedule.after(0, () => {
      this.whenRunning(() => {
        if (end.state !== 'open') return
        // What was held back (for a second at most, "Changing the path") is a sign of life when it
        // is read: no sooner can the core know that it is a whole frame of a lawful peer.
        end.heardAtMs = this.world.nowMs
        this.receive(end, new Uint8Array(0), false)
        end.in?.pump()
      })
    })
  }

  #openEnd(effect: Extract<Effect, { kind: 'send' | 'pause' }>): End {
    const end = this.ends.get(effect.connection)
    if (end?.state !== 'open') {
      fail(`${this.name} sends on connection ${effect.connection}, which is not open`)
    }
    return end
  }

  #dial(number: number, address: string): void {
    if (this.ends.has(number)) fail(`${this.name} dials as ${number} a second time`)
    const end = new End(this, number)
    this.ends.set(number, end)
    this.world.dial(end, address)
  }

  #close(number: number, how: 'flush' | 'now'): void {
    const end = this.ends.get(number)
    if (end === undefined) {
      if (number === this.#reported) return
      fail(`${this.name} closes connection ${number}, which it does not have`)
    }
    this.world.trace(this, 'close', number)
    this.ends.delete(number)
    end.state = 'closed'
    const { chance } = this.world
    const isReset = how === 'now' && chance.chance(0.3)
    end.out?.close(!isReset, isReset && chance.chance(0.5))
  }

  #event(event: CoreEvent): void {
    this.world.trace(this, 'event', event)
    if (event.kind === 'link_up') this.#linkUp(event.link)
    else if (event.kind === 'link_down') this.#linkDown(event)
  }

  #linkUp(info: LinkInfo): void {
    const { world } = this
    const accepted = /^peer:(\d+)$/.exec(info.address)
    const end = accepted ? this.ends.get(Number(accepted[1])) : this.#receiving
    if (end?.state !== 'open') {
      fail(`${this.name} has a link to ${info.id} on a connection that is not open`)
    }
    if (this.links.has(info.id)) {
      fail(`${this.name} reports a second link to ${info.id} beside the one that stands`)
    }
    const record = { info, end, upAtMs: world.nowMs }
    this.links.set(info.id, record)
    if (this.#replaced?.info.id === info.id) world.safety.replaced(this, this.#replaced, record)
    world.routeSafety.linkUp(this, record)
    this.#replaced = undefined
    world.counts.links++
    world.linkChanged(this, info)
  }

  #linkDown(event: Extract<CoreEvent, { kind: 'link_down' }>): void {
    const { world } = this
    const record = this.links.get(event.link.id)
    if (record === undefined) {
      fail(`${this.name} reports the end of a link to ${event.link.id} that was not up`)
    }
    this.links.delete(event.link.id)
    world.routeSafety.linkDown(this, record)
    world.safety.linkDown(this, record, event.reason)
    this.#replaced = event.reason === 'replaced' ? record : undefined
    this.place.linkEndedAtMs = world.nowMs
    // The other end may have gone long before, where a message still was sent to.
    const peer = world.place(event.link.id)
    if (peer !== undefined) peer.linkEndedAtMs = world.nowMs
    world.linkChanged(this, event.link)
  }

  /** The kernel of this node's machine reports that a connection is gone. */
  connectionEnded(end: End, clean: boolean): void {
    end.state = 'closed'
    this.ends.delete(end.number)
    this.report(end.number, { kind: 'closed', connection: end.number, clean })
  }

  dialFailed(end: End, detail: string): void {
    if (end.state === 'closed') return
    end.state = 'closed'
    this.ends.delete(end.number)
    this.report(end.number, { kind: 'dial_failed', connection: end.number, detail })
  }

  report(number: number, input: Input): void {
    this.#reported = number
    this.give(input)
    this.#reported = -1
  }

  opened(end: End, kind: 'accepted' | 'dialled', address: string): void {
    if (end.state !== 'opening') return
    end.state = 'open'
    const port: Port = {
      outlet: end,
      reader: end.reader,
      channel: 'inproc',
      localAddress: '',
      remoteAddress: address,
    }
    this.give({ kind, connection: end.number, port })
    end.in?.pump()
  }

  send(
    to: bigint,
    options: { type: number; flags: number; content: Uint8Array },
  ): { outcome: SendOutcome; sequence: number } {
    const message = this.#message
    message.toHi = Number(to >> 32n)
    message.toLo = Number(to & 0xffff_ffffn)
    message.content = options.content
    message.type = options.type
    message.sequenceHi = 0
    message.sequenceLo = 0
    message.flags = options.flags
    const outcome = this.core.outbound.send(message)
    return { outcome, sequence: message.sequenceHi * 0x1_0000_0000 + message.sequenceLo }
  }

  /** Stops the process; its machine keeps the sockets open. */
  pause(forMs: number): void {
    const { nowMs, schedule } = this.world
    if (!this.isAlive || this.isPaused) return
    const pause = { fromMs: nowMs, untilMs: nowMs + forMs }
    this.pauses.push(pause)
    this.world.trace(this, 'paused', forMs)
    schedule.at(pause.untilMs, () => this.#goOn())
  }

  /** An event loop looks at its timers and at its sockets, in either order. */
  #goOn(): void {
    if (!this.isAlive || this.isPaused) return
    const waiting = this.#waiting
    this.#waiting = []
    const timersFirst = this.world.chance.chance(0.5)
    if (timersFirst) this.give({ kind: 'tick' })
    for (const run of waiting) if (this.isAlive) run()
    for (const end of [...this.ends.values()]) end.in?.pump()
    if (!timersFirst) this.give({ kind: 'tick' })
  }

  /** To be called after whatever may have set a deadline. */
  planWake(): void {
    const dueMs = this.core.nextDeadlineMs()
    if (dueMs >= this.#wakeAtMs || !this.isAlive || dueMs === Number.POSITIVE_INFINITY) return
    this.#wakeAtMs = dueMs
    this.world.schedule.at(dueMs, () => {
      if (this.#wakeAtMs !== dueMs) return
      this.#wakeAtMs = Number.POSITIVE_INFINITY
      if (this.isPaused || !this.isAlive) return
      if (this.core.nextDeadlineMs() <= this.world.nowMs) this.give({ kind: 'tick' })
      else this.planWake()
    })
  }

  /**
   * The process is gone. `dark`: its whole machine is, so that nobody is told; else the kernel
   * closes what it had open.
   */
  kill(dark: boolean): void {
    if (!this.isAlive) return
    const { chance, nowMs } = this.world
    this.world.trace(this, dark ? 'dark' : 'killed', undefined)
    this.isAlive = false
    this.world.routeSafety.died(this)
    this.endedAtMs = nowMs
    this.place.linkEndedAtMs = nowMs
    for (const end of this.ends.values()) {
      const wasOpening = end.state === 'opening'
      end.state = 'closed'
      if (dark) {
        end.out?.break()
        end.in?.break()
      } else if (!wasOpening || end.out !== undefined) {
        end.out?.close(chance.chance(0.5), chance.chance(0.3))
      }
    }
    this.ends.clear()
    this.#waiting = []
  }
}
