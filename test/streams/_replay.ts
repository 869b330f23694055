// Plays a recorded conversation to one core: the recorded side speaks, ours takes the other part.

import { type CoreConfig, DEFAULT_SECURITY } from '../../src/core/config.js'
import type { CoreEvent } from '../../src/core/effects.js'
import { type ControlBody, encodeControl } from '../../src/wire/control.js'
import { FrameReader, frameOf } from '../../src/wire/frame.js'
import { InnerCursor } from '../../src/wire/head.js'
import { type Host, WALL_MS, World } from '../core/_harness.js'
import { Stranger, takeApart } from '../core/_stranger.js'

export interface StreamFile {
  readonly name: string
  readonly description: string
  readonly connections: readonly {
    readonly opened_us: number
    readonly writes: readonly {
      readonly at_us: number
      readonly from: 'client' | 'server'
      readonly hex: string
    }[]
  }[]
}

/** One recorded message, with its place in time. */
interface Word {
  readonly connection: number
  readonly atUs: number
  readonly from: 'client' | 'server'
  readonly frame: Uint8Array
  readonly inner: Uint8Array
}

/** The whole frames of one side of one connection, each at the time when it was complete. */
function wordsOf(file: StreamFile, side: 'client' | 'server'): Word[] {
  const words = file.connections.flatMap(({ writes }, connection) => {
    const reader = new FrameReader(8 * 1024 * 1024)
    const found: Word[] = []
    for (const { at_us: atUs, from, hex } of writes) {
      if (from !== side) continue
      const bytes = Buffer.from(hex, 'hex')
      reader.space().set(bytes)
      reader.filled(bytes.length)
      while (reader.next() === 'frame') {
        const inner = reader.buffer.slice(reader.start, reader.end)
        found.push({ connection, atUs, from, frame: frameOf(inner), inner })
      }
    }
    return found
  })
  return words.sort((a, b) => a.atUs - b.atUs)
}

function controlIn(inner: Uint8Array): ControlBody | undefined {
  return takeApart(inner).control
}

function registerIn(words: readonly Word[]) {
  for (const { inner } of words) {
    const control = controlIn(inner)
    if (control?.kind === 'register_req' || control?.kind === 'register_rsp') {
      return control.register
    }
  }
  throw new Error('no registration was recorded')
}

/** What a replay found: one line for everything that was understood, and the sum of the faults. */
export class Replay {
  readonly lines: string[] = []
  readonly #world = new World()
  readonly #file: StreamFile
  readonly #tokens: readonly Uint8Array[]

  constructor(file: StreamFile, tokens: readonly string[]) {
    this.#file = file
    this.#tokens = tokens.map((token) => new TextEncoder().encode(token))
  }

  #host(words: readonly Word[], overrides: Partial<CoreConfig> & { id: bigint }): Host {
    const { access, handshake } = registerIn(words)
    const keyExchange = handshake ? 'x25519' : 'none'
    const security = { ...DEFAULT_SECURITY, keyExchange } as const
    this.#world.wallOffsetMs = Number(access?.timestamp ?? 0n) * 1_000 - WALL_MS
    const compressions = this.#file.name.endsWith('_lz4') ? (['lz4'] as const) : []
    return this.#world.host({ tokens: this.#tokens, security, compressions, ...overrides })
  }

  /** The recorded clients speak to a core that accepts. */
  accept(): this {
    const words = wordsOf(this.#file, 'client')
    const [answer] = wordsOf(this.#file, 'server')
    const host = this.#host(words, { id: answer ? registerIn([answer]).id : 0x100n })
    host.listen('ipv4://127.0.0.1:23800')
    host.give({ kind: 'start' })
    this.#note(host, 'started')
    const strangers = new Map<number, Stranger>()
    for (const word of words) {
      this.#advanceTo(word.atUs)
      const stranger = strangers.get(word.connection) ?? Stranger.to(host)
      strangers.set(word.connection, stranger)
      this.#others = [...strangers.values()]
      this.#places = [...strangers.keys()]
      this.#speak(host, stranger, word)
    }
    return this.#end(host, [...strangers.values()])
  }

  /** A core with the first client's id dials, and hears what the recorded server said. */
  dial(client: { id: bigint; connections: readonly number[] }): this {
    const address = 'ipv4://127.0.0.1:23800'
    const words = wordsOf(this.#file, 'server').filter(({ connection }) =>
      client.connections.includes(connection),
    )
    const host = this.#host(words, { id: client.id, parents: [address] })
    const dialled = Stranger.listening(host, address)
    host.give({ kind: 'start' })
    this.#note(host, 'started')
    this.#others = dialled
    this.#places = client.connections
    for (const word of words) {
      this.#advanceTo(word.atUs)
      const stranger = dialled[client.connections.indexOf(word.connection)]
      if (stranger === undefined) this.lines.push(`c${word.connection} was not dialled`)
      else this.#speak(host, stranger, word)
    }
    return this.#end(host, dialled)
  }

  #advanceTo(atUs: number): void {
    this.#world.advance(Math.max(0, Math.floor(atUs / 1_000) - this.#world.nowMs))
  }

  #speak(host: Host, stranger: Stranger, word: Word): void {
    const heard = takeApart(word.inner)
    this.lines.push(`c${word.connection} ${word.from} says ${named(heard.kind, heard.control)}`)
    if (!stranger.isOpen) this.lines.push('  to a closed connection')
    else stranger.sayBytes(this.#fitted(word, stranger))
    this.#note(host, '')
    this.#reply(host)
    this.#overhear(host)
  }

  /** The user of our core answers every command as the one of the recorded server did. */
  #reply(host: Host): void {
    for (const event of host.events.slice(this.#replied)) {
      if (event.kind !== 'command') continue
      const args = [new TextEncoder().encode('ok'), ...event.args]
      host.give({ kind: 'command_reply', call: event.call, args })
    }
    this.#replied = host.events.length
  }

  /** What our core said on any connection; whom it asks for a sign of life is made to give it. */
  #overhear(host: Host): void {
    for (const [index, stranger] of this.#others.entries()) {
      const place = this.#places[index] ?? index
      const seen = this.#overheard.get(stranger) ?? 0
      this.#overheard.set(stranger, stranger.heardMessages.length)
      for (const { kind, resultCode, control, data, sequence } of stranger.heardMessages.slice(
        seen,
      )) {
        const what = data ? `${kind} "${shortened(data.text)}"` : named(kind, control)
        const code = resultCode === 0 ? '' : ` with ${resultCode}`
        this.lines.push(`  we say ${what}${code} on c${place}`)
        if (kind !== 'ping') continue
        this.lines.push(`c${place} is made to answer the ping`)
        const ping = { timePointUs: 0n, refreshBindings: [] }
        stranger.say({ kind: 'pong', ping }, { sequence })
        this.#note(host, '')
        this.#overhear(host)
      }
      if (stranger.closedHow === undefined || this.#closed.has(stranger)) continue
      this.#closed.add(stranger)
      this.lines.push(`  we close c${place} (${stranger.closedHow})`)
    }
  }

  /** A recorded answer carries the sequence of another handshake: it is made that of ours. */
  #fitted(word: Word, stranger: Stranger): Uint8Array {
    const control = controlIn(word.inner)
    if (control?.kind !== 'register_rsp' || control.register.handshake === undefined) {
      return word.frame
    }
    const asked = stranger.heardMessages[0]?.control
    const sequence = asked?.kind === 'register_req' ? asked.register.handshake?.sequence : undefined
    if (sequence === undefined) return word.frame
    const handshake = { ...control.register.handshake, sequence }
    const { resultCode, sourceId } = headOf(word.inner)
    const body = { ...control, register: { ...control.register, handshake } }
    return frameOf(encodeControl({ resultCode, sequence: 1n, sourceId }, body))
  }

  #replied = 0
  /** Every other end there is, and which recorded connection it speaks for. */
  #others: readonly Stranger[] = []
  #places: readonly number[] = []
  readonly #overheard = new Map<Stranger, number>()
  readonly #closed = new Set<Stranger>()
  #seen = { events: 0, messages: 0, answers: 0 }

  /** What the host told since the last time. */
  #note(host: Host, when: string): void {
    if (when !== '') this.lines.push(when)
    for (const event of host.events.slice(this.#seen.events)) {
      this.lines.push(`  ${describe(event)}`)
    }
    for (const { from, text } of host.messages.slice(this.#seen.messages)) {
      this.lines.push(`  message from 0x${from.toString(16)} "${shortened(text)}"`)
    }
    for (const { from, resultCode } of host.answers.slice(this.#seen.answers)) {
      this.lines.push(`  answer from 0x${from.toString(16)} with ${resultCode}`)
    }
    this.#seen = {
      events: host.events.length,
      messages: host.messages.length,
      answers: host.answers.length,
    }
  }

  #end(host: Host, strangers: readonly Stranger[]): this {
    const open = strangers.filter((stranger) => stranger.isOpen).length
    const links = host.core.links().map(({ id, role }) => `${role} 0x${id.toString(16)}`)
    this.lines.push(`at the end: ${open} open, links: ${links.join(', ') || 'none'}`)
    const counted = Object.entries(host.core.counters).filter(([, count]) => count > 0)
    this.lines.push(counted.map(([name, count]) => `${name} ${count}`).join(', '))
    return this
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`
  }
}

function headOf(inner: Uint8Array): { resultCode: number; sourceId: bigint } {
  const head = new InnerCursor()
  head.read(inner, 0, inner.length)
  const sourceId = (BigInt(head.sourceHi) << 32n) | BigInt(head.sourceLo)
  return { resultCode: head.resultCode, sourceId }
}

function named(kind: string, control: ControlBody | undefined): string {
  if (control?.kind === 'register_req' || control?.kind === 'register_rsp') {
    const { register } = control
    const said = [
      `0x${register.id.toString(16)}`,
      `signatures ${register.access?.signatures.length ?? 0}`,
      `compressions [${register.compressions}]`,
      ...(register.handshake ? [`curve ${register.handshake.type}`] : []),
      ...(register.handshake ? [`ciphers [${register.handshake.algorithms}]`] : []),
      ...(register.announcement ? ['announced'] : []),
    ]
    return `${kind} ${said.join(', ')}`
  }
  if (control?.kind !== 'command_req' && control?.kind !== 'command_rsp') return kind
  return `${kind} ${control.command.args.map((arg) => new TextDecoder().decode(arg)).join(' ')}`
}

function describe(event: CoreEvent): string {
  switch (event.kind) {
    case 'state':
      return `state ${event.state}`
    case 'link_up':
    case 'link_down': {
      const { link } = event
      const kind = link.plain ? 'plain' : 'ours'
      const sealed = link.encrypted ? ' encrypted' : ''
      const reason = event.kind === 'link_down' ? ` ${event.reason} ${event.code ?? ''}` : ''
      const who = `${link.role} 0x${link.id.toString(16)}`
      return `${event.kind} ${who} ${kind}${sealed}${reason}`.trimEnd()
    }
    case 'refused':
      return `refused by ${event.by} 0x${event.id.toString(16)} ${event.code} ${event.wireCode}`
    case 'parent_changed':
      return `parent_changed 0x${event.previous.toString(16)} to 0x${event.parent.toString(16)}`
    case 'command':
      return `command from 0x${event.call.from.toString(16)} ${textOf(event.args)}`
    case 'command_reply':
      return `command_reply from 0x${event.from.toString(16)} ${textOf(event.args)}`
    default:
      return event.kind
  }
}

function textOf(args: readonly Uint8Array[]): string {
  return args.map((arg) => `"${new TextDecoder().decode(arg)}"`).join(' ')
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 20)}… ${text.length} characters`
}
