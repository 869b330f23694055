// Plays a transcript: commands above each `----`, and below it what the nodes did on them.

import { type CoreConfig, DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CoreEvent, Effect } from '../../src/core/effects.js'
import { FrameReader } from '../../src/wire/frame.js'
import { type End, type Host, incarnationOf, World } from '../core/_harness.js'
import { takeApart } from '../core/_stranger.js'

/** A world in which a node may be held back, so that what two of them say crosses on the way. */
class HeldWorld extends World {
  held = false
  onCarry: (end: End, chunk: Uint8Array) => void = () => {}

  override settle(): void {
    if (!this.held) super.settle()
  }

  override carry(end: End, chunk: Uint8Array): void {
    this.onCarry(end, chunk)
    super.carry(end, chunk)
  }
}

/** The transcript with everything below each `----` written anew. */
export function replay(transcript: string): string {
  const stage = new Stage()
  const lines: string[] = []
  let below = false
  for (const line of transcript.split('\n')) {
    if (line === '----') {
      lines.push(line, ...stage.takeLog())
      below = true
    } else if (line === '') {
      if (below) lines.push('')
      below = false
    } else if (!below) {
      lines.push(line)
      if (!line.startsWith('#')) stage.perform(line)
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

class Stage {
  readonly #world = new HeldWorld()
  readonly #hosts = new Map<string, Host>()
  readonly #parents = new Map<string, string>()
  #options: Partial<CoreConfig> = {}
  #log: string[] = []
  #lives = 0
  #pingsShown = true

  constructor() {
    this.#world.onCarry = (end, chunk) => this.#carried(end, chunk)
  }

  takeLog(): string[] {
    return this.#log.splice(0)
  }

  perform(line: string): void {
    const [verb = '', ...words] = line.split(/\s+/)
    const act = this.#verbs[verb]
    if (act === undefined) throw new Error(`no such command: ${line}`)
    act(words)
  }

  readonly #verbs: Record<string, (words: string[]) => void> = {
    keyed: () => {
      const security = { ...DEFAULT_SECURITY, keyExchange: 'x25519' } as const
      this.#options = { security, tokens: [new TextEncoder().encode('t')] }
    },
    tree: (words) => this.#tree(words),
    start: (names) => {
      for (const name of names) this.#start(name)
    },
    hush: () => {
      this.#pingsShown = false
    },
    wait: ([time = '']) => this.#world.advance(milliseconds(time)),
    send: ([from = '', to = '', ...text]) => {
      const outcome = this.#host(from).send(BigInt(to), text.join(' '))
      if (outcome !== 'sent') this.#log.push(`${from}: send to ${to} is ${outcome}`)
    },
    dial: ([from = '', to = '']) =>
      this.#host(from).give({ kind: 'connect', address: addressOf(to), expectedId: BigInt(to) }),
    know: ([node = '', id = '', parent = '']) => {
      this.#host(node).core.topology.update(BigInt(id), BigInt(parent))
    },
    cut: ([near = '', far = '']) => {
      for (const end of this.#between(near, far)) this.#world.cut(end.host, end.connection)
    },
    'half-open': ([near = '', far = '']) => {
      for (const end of this.#between(near, far)) this.#world.blackhole(end.host, end.connection)
    },
    notice: ([name = '']) => this.#notice(name),
    kill: ([name = '']) => this.#kill(name),
    hold: () => {
      this.#world.held = true
    },
    release: () => {
      this.#world.held = false
      this.#world.settle()
    },
    links: (names) => {
      for (const name of names) this.#log.push(`${name}: ${linksOf(this.#host(name))}`)
    },
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`no node ${name}`)
    return host
  }

  /** `tree 1 > 2 3`: 2 and 3 have 1 as their parent. */
  #tree([parent = '', , ...children]: string[]): void {
    for (const child of children) this.#parents.set(child, parent)
  }

  /** A new life; `2'` is another process that has the id of 2. */
  #start(name: string): void {
    this.#lives++
    const id = BigInt(name.replaceAll("'", ''))
    const parent = this.#parents.get(`${id}`)
    const host = this.#world.host({
      id,
      incarnation: incarnationOf(this.#lives),
      pid: this.#lives,
      parents: parent === undefined ? [] : [addressOf(parent)],
      ...this.#options,
    })
    this.#hosts.set(name, host)
    host.listen(addressOf(name))
    const { events, effects } = host
    events.push = (...more: CoreEvent[]) => {
      for (const event of more) this.#told(name, event)
      return Array.prototype.push.apply(events, more)
    }
    effects.push = (...more: Effect[]) => {
      for (const effect of more) this.#did(host, name, effect)
      return Array.prototype.push.apply(effects, more)
    }
    this.#hear(host, name)
    host.give({ kind: 'start' })
  }

  #hear(host: Host, name: string): void {
    const { messages, answers } = host
    messages.push = (...more) => {
      for (const { from, text } of more) this.#log.push(`${name}: message from ${from} "${text}"`)
      return Array.prototype.push.apply(messages, more)
    }
    answers.push = (...more) => {
      for (const { from, resultCode } of more) {
        this.#log.push(`${name}: answer for ${from} with ${resultCode}`)
      }
      return Array.prototype.push.apply(answers, more)
    }
  }

  /** The connections between two nodes, each once. */
  #between(near: string, far: string): End[] {
    const other = this.#host(far)
    return [...this.#host(near).ends.values()].filter((end) => end.peer?.host === other)
  }

  /** A node hears that its half-open connections are gone. */
  #notice(name: string): void {
    const host = this.#host(name)
    for (const end of [...host.ends.values()]) {
      if (end.peer !== undefined) continue
      end.wire.isClosed = true
      host.ends.delete(end.connection)
      host.give({ kind: 'closed', connection: end.connection, clean: false })
    }
    this.#world.advance(0)
  }

  #kill(name: string): void {
    const host = this.#host(name)
    this.#hosts.delete(name)
    this.#world.hosts.splice(this.#world.hosts.indexOf(host), 1)
    for (const end of [...host.ends.values()]) {
      host.ends.delete(end.connection)
      const { peer } = end
      if (peer === undefined || !peer.host.ends.delete(peer.connection)) continue
      peer.wire.isClosed = true
      peer.host.give({ kind: 'closed', connection: peer.connection, clean: false })
    }
  }

  #nameOf(host: Host): string {
    for (const [name, known] of this.#hosts) if (known === host) return name
    return '?'
  }

  #carried(end: End, chunk: Uint8Array): void {
    const reader = new FrameReader(16 * 1024 * 1024)
    reader.takesRecords = true
    reader.space().set(chunk)
    reader.filled(chunk.length)
    const from = end.peer === undefined ? '?' : this.#nameOf(end.peer.host)
    for (let found = reader.next(); found !== 'more'; found = reader.next()) {
      if (found === 'record') {
        // The same message in another form.
        this.#log.push(`${from} -> ${this.#nameOf(end.host)} data_req`)
        continue
      }
      if (found !== 'frame') throw new Error(`${from} wrote a ${found}`)
      const heard = takeApart(reader.buffer.subarray(reader.start, reader.end))
      const { kind, control, resultCode } = heard
      const isPing = control?.kind === 'ping' || control?.kind === 'pong'
      const isRefresh = isPing && control.ping.handshake !== undefined
      if (isPing && !isRefresh && !this.#pingsShown) continue
      const code = resultCode === 0 ? '' : ` ${resultCode}`
      const refresh = isRefresh ? ' with new keys' : ''
      this.#log.push(`${from} -> ${this.#nameOf(end.host)} ${kind}${code}${refresh}`)
    }
  }

  #did(host: Host, name: string, effect: Effect): void {
    if (effect.kind !== 'close') return
    const peer = host.ends.get(effect.connection)?.peer
    const whom =
      peer === undefined ? 'what nobody holds' : `the one from ${this.#nameOf(peer.host)}`
    this.#log.push(`${name} closes ${whom}, ${effect.how}`)
  }

  #told(name: string, event: CoreEvent): void {
    switch (event.kind) {
      case 'state':
        this.#log.push(`${name}: ${event.state}`)
        return
      case 'link_up':
        this.#log.push(`${name}: ${event.link.role} ${event.link.id} is up`)
        return
      case 'link_down':
        this.#log.push(`${name}: ${event.link.role} ${event.link.id} is down, ${event.reason}`)
        return
      case 'refused':
        this.#log.push(`${name}: refused by ${event.by}, ${event.code}`)
        return
      case 'dial_failed':
        this.#log.push(`${name}: dial failed, ${event.detail}`)
        return
      case 'parent_changed':
        this.#log.push(`${name}: parent was ${event.previous}, is ${event.parent}`)
        return
      default:
    }
  }
}

function addressOf(name: string): string {
  return `inproc://${name}`
}

function linksOf(host: Host): string {
  const links = host.core.links().map(({ role, id, pid }) => `${role} ${id} (life ${pid})`)
  return links.join(', ') || 'no links'
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

function milliseconds(time: string): number {
  const [, number = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(time) ?? []
  const unitMs = UNITS_MS[unit]
  if (unitMs === undefined) throw new Error(`not a time: ${time}`)
  return Number(number) * unitMs
}
