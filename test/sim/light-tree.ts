// Trees of many thousand cores: cables that cost nothing and lose nothing, time only when asked.

import { type CoreConfig, DEFAULT_CONFIG } from '../../src/core/config.js'
import type { Effect, Input, Port } from '../../src/core/effects.js'
import { NodeCore } from '../../src/core/node-core.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { FrameReader } from '../../src/wire/frame.js'
import type { Outlet } from '../../src/wire/outlet.js'
import { Prng } from './prng.js'

/** Frames are taken whole and one after the other, so one piece of memory serves all readers. */
const SHARED_BYTES = 1024 * 1024
/** A routing table has room for the sets of 65,535 links. */
const MANY = 65_000
const WALL_MS = 1_781_700_000_000

export interface LightWish extends Partial<CoreConfig> {
  readonly id: bigint
}

/** One end of a connection: an outlet, and what arrives from the other end. */
export class LightEnd implements Outlet {
  readonly node: LightNode
  readonly number: number
  readonly reader: FrameReader
  peer: LightEnd | undefined
  isOpen = true
  buffer: Uint8Array
  readonly offset = 0
  readonly pendingBytes = 0

  constructor(node: LightNode, number: number) {
    this.node = node
    this.number = number
    const { shared } = node.tree
    this.reader = new FrameReader(16_384, (bytes) => shared(bytes))
    this.buffer = node.tree.scratch
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    const { tree } = this.node
    if (tree.scratch.length < bytes) tree.scratch = new Uint8Array(bytes * 2)
    this.buffer = tree.scratch
    return this.isOpen ? 'ok' : 'closed'
  }

  commit(bytes: number): void {
    if (bytes > 0) this.write(this.buffer.slice(0, bytes))
  }

  write(frame: Uint8Array): void {
    const { peer } = this
    if (peer === undefined || !this.node.tree.passes(this, frame)) return
    this.node.tree.queue.push({ end: peer, frame })
  }
}

export class LightNode {
  readonly tree: LightTree
  readonly core: NodeCore
  readonly ends = new Map<number, LightEnd>()
  isAlive = true

  constructor(tree: LightTree, config: CoreConfig, seed: number) {
    this.tree = tree
    const chance = new Prng(seed)
    const ambient = {
      primitives: nodePrimitives,
      random: (bytes: number) => chance.bytes(bytes),
      wallMs: () => WALL_MS + tree.nowMs,
    }
    const nobody = { message: () => undefined, answer: () => undefined }
    this.core = new NodeCore(config, ambient, nobody)
  }

  give(input: Input): void {
    this.#perform(this.core.handle(this.tree.nowMs, input))
    this.tree.touched(this)
  }

  receive(end: LightEnd, frame: Uint8Array): void {
    const space = end.reader.space()
    const part = Math.min(space.length, frame.length)
    space.set(part === frame.length ? frame : frame.subarray(0, part))
    end.reader.filled(part)
    for (;;) {
      const effects = this.core.receive(this.tree.nowMs, end.number)
      if (effects.length === 0) break
      this.#perform(effects)
    }
    if (part < frame.length && end.isOpen) this.receive(end, frame.subarray(part))
    else this.tree.touched(this)
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.ends.get(effect.connection)?.write(effect.frame)
      else if (effect.kind === 'close') this.#close(effect.connection)
      else if (effect.kind === 'dial') this.tree.dial(this, effect.connection, effect.address)
    }
  }

  #close(number: number): void {
    const end = this.ends.get(number)
    this.ends.delete(number)
    if (end === undefined) return
    end.isOpen = false
    if (end.peer !== undefined) this.tree.queue.push({ end: end.peer, frame: undefined })
  }

  /** The other end closed. */
  lost(end: LightEnd): void {
    if (!end.isOpen) return
    end.isOpen = false
    this.ends.delete(end.number)
    this.give({ kind: 'closed', connection: end.number, clean: false })
  }

  /** The process is gone; its kernel closes what it had open. */
  kill(): void {
    this.isAlive = false
    for (const number of [...this.ends.keys()]) this.#close(number)
  }
}

export class LightTree {
  nowMs = 0
  readonly nodes: LightNode[] = []
  readonly #listeners = new Map<string, LightNode>()
  #due = new Set<LightNode>()
  /** What is under way, in order; without a frame it is word that the other end closed. */
  queue: { readonly end: LightEnd; readonly frame: Uint8Array | undefined }[] = []
  scratch = new Uint8Array(65_536)
  readonly #sharedMemory = new Uint8Array(SHARED_BYTES)
  #made = 0
  /** Looks at every frame; false swallows it. */
  passes: (from: LightEnd, frame: Uint8Array) => boolean = () => true

  readonly shared = (bytes: number): Uint8Array =>
    bytes <= SHARED_BYTES ? this.#sharedMemory.subarray(0, bytes) : new Uint8Array(bytes)

  /** Starts a node below the one that listens at `parent`. */
  start(wish: LightWish, parent?: LightNode): LightNode {
    const number = ++this.#made
    const incarnation = new Uint8Array(16)
    new DataView(incarnation.buffer).setUint32(12, number)
    const config: CoreConfig = {
      ...DEFAULT_CONFIG,
      security: { ...DEFAULT_CONFIG.security, keyExchange: 'none' },
      incarnation,
      pid: number,
      hostname: 'light',
      hashCode: '',
      limits: { ...DEFAULT_CONFIG.limits, pendingConnectionsMax: MANY, linksMax: MANY },
      parents: parent === undefined ? [] : [addressOf(parent.core.id)],
      ...wish,
    }
    const node = new LightNode(this, config, number)
    this.nodes.push(node)
    this.#listeners.set(addressOf(wish.id), node)
    node.give({ kind: 'start' })
    return node
  }

  forget(node: LightNode): void {
    node.kill()
    this.nodes.splice(this.nodes.indexOf(node), 1)
    this.#due.delete(node)
  }

  dial(from: LightNode, connection: number, address: string): void {
    const target = this.#listeners.get(address)
    if (target === undefined || !target.isAlive) {
      from.give({ kind: 'dial_failed', connection, detail: 'refused' })
      return
    }
    const near = new LightEnd(from, connection)
    const far = new LightEnd(target, target.core.nextConnectionNumber())
    near.peer = far
    far.peer = near
    from.ends.set(near.number, near)
    target.ends.set(far.number, far)
    target.give({ kind: 'accepted', connection: far.number, port: portOf(far, 'peer') })
    from.give({ kind: 'dialled', connection: near.number, port: portOf(near, address) })
  }

  touched(node: LightNode): void {
    if (node.core.nextDeadlineMs() <= this.nowMs) this.#due.add(node)
  }

  /** All that happens without the clock moving on. */
  settle(): void {
    while (this.queue.length > 0 || this.#due.size > 0) {
      this.#drain()
      const due = this.#due
      this.#due = new Set()
      for (const node of due) if (node.isAlive) node.give({ kind: 'tick' })
    }
  }

  #drain(): void {
    while (this.queue.length > 0) {
      const { queue } = this
      this.queue = []
      for (const { end, frame } of queue) {
        if (!end.isOpen || !end.node.isAlive) continue
        if (frame === undefined) end.node.lost(end)
        else end.node.receive(end, frame)
      }
    }
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      this.settle()
      let nextMs = Number.POSITIVE_INFINITY
      for (const { core } of this.nodes) nextMs = Math.min(nextMs, core.nextDeadlineMs())
      if (nextMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      for (const node of this.nodes) this.touched(node)
    }
    this.nowMs = untilMs
  }
}

function addressOf(id: bigint): string {
  return `inproc://light-${id}`
}

function portOf(end: LightEnd, remoteAddress: string): Port {
  return { outlet: end, reader: end.reader, channel: 'inproc', localAddress: '', remoteAddress }
}
