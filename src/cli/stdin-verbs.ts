// The verbs that a running node takes on its stdin, one line each.

import { BusError, type BusNode, formatId } from '../index.js'
import { readNodeId, UsageError } from './exit-code.js'
import { callWithRoom, sendWithRoom } from './hand-over.js'
import type { Line } from './lines.js'
import type { Output } from './output.js'
import { bytesOfHex, contentOf } from './printable.js'
import { argumentsOf, failureRow, peerRow, rounded, routeRows } from './rows.js'

/** Calls that may be open at once; the next line waits. */
const CALLS_MAX = 1_024

const SPACE = 0x20

interface VerbLine {
  readonly number: number
  /** Everything behind the verb and one space. */
  readonly rest: Buffer
}

interface Verb {
  readonly usage: string
  readonly run: (line: VerbLine) => Promise<void> | void
}

export interface StdinVerbsOptions {
  readonly node: BusNode
  readonly output: Output
  /** Aborts when the node is to leave: what waits for room is given up. */
  readonly signal: AbortSignal
  readonly quit: () => void
}

export class StdinVerbs {
  readonly #node: BusNode
  readonly #output: Output
  readonly #signal: AbortSignal
  readonly #open = new Set<Promise<void>>()
  readonly #verbs: Readonly<Record<string, Verb>>

  constructor({ node, output, signal, quit }: StdinVerbsOptions) {
    this.#node = node
    this.#output = output
    this.#signal = signal
    this.#verbs = {
      send: { usage: 'send ID TEXT', run: (line) => this.#send(line) },
      sendhex: { usage: 'sendhex ID HEX', run: (line) => this.#sendHex(line) },
      request: { usage: 'request ID TEXT', run: (line) => this.#request(line) },
      confirm: { usage: 'confirm ID TEXT', run: (line) => this.#confirm(line) },
      command: { usage: 'command ID ARG...', run: (line) => this.#command(line) },
      ping: { usage: 'ping ID', run: (line) => this.#ping(line) },
      peers: { usage: 'peers', run: ({ number }) => this.#peers(number) },
      routes: { usage: 'routes', run: ({ number }) => this.#routes(number) },
      counters: { usage: 'counters', run: ({ number }) => this.#counters(number) },
      quit: { usage: 'quit', run: quit },
      help: { usage: 'help', run: ({ number }) => this.#help(number) },
    }
  }

  /** Resolves when the next line may come; answers to this one may come later. */
  async execute({ number, content }: Line): Promise<void> {
    if (content === undefined) {
      this.#complain(number, 'the line is too long')
      return
    }
    const { head, rest } = firstWord(withoutReturn(content))
    if (head === '' && rest.length === 0) return
    const verb = Object.hasOwn(this.#verbs, head) ? this.#verbs[head] : undefined
    if (verb === undefined) {
      this.#complain(number, `no such verb: ${head.slice(0, 80)} (try help)`)
      return
    }
    try {
      await verb.run({ number, rest })
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof BusError)) throw error
      this.#complain(number, `${verb.usage}: ${error.message}`)
    }
  }

  /** Resolves when nothing that was asked is open any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#open)
  }

  #complain(line: number, detail: string): void {
    this.#output.tell('error', { detail, line })
  }

  async #send(line: VerbLine): Promise<void> {
    const { to, rest } = target(line)
    await this.#sendBytes(to, rest, line.number)
  }

  async #sendHex(line: VerbLine): Promise<void> {
    const { to, rest } = target(line)
    const bytes = bytesOfHex(rest.toString('latin1').trim())
    if (bytes === undefined) throw new UsageError('not pairs of hex digits')
    await this.#sendBytes(to, bytes, line.number)
  }

  async #sendBytes(to: bigint, bytes: Uint8Array, line: number): Promise<void> {
    const node = this.#node
    const outcome = await sendWithRoom(node, this.#signal, () => node.send(to, bytes))
    if (outcome === 'sent') return
    const code = outcome === 'no_route' ? 'NO_ROUTE' : 'NODE_CLOSED'
    const row = failureRow(to, new BusError(code, formatId(to)), line)
    this.#output.tell('failure', { ...row, by: formatId(node.id) })
  }

  async #request(line: VerbLine): Promise<void> {
    const { to, rest } = target(line)
    await this.#call(
      to,
      line.number,
      () => this.#node.request(to, rest),
      (message, ms) => {
        const { type, payload } = message
        const row = { from: formatId(message.from), type, ms, line: line.number }
        this.#output.tell('reply', { ...row, ...contentOf(payload) })
      },
    )
  }

  async #confirm(line: VerbLine): Promise<void> {
    const { to, rest } = target(line)
    await this.#call(
      to,
      line.number,
      () => this.#node.confirm(to, rest),
      (_, ms) => this.#output.tell('delivered', { id: formatId(to), ms, line: line.number }),
    )
  }

  async #command(line: VerbLine): Promise<void> {
    const { to, rest } = target(line)
    const words = rest
      .toString('latin1')
      .split(' ')
      .filter((word) => word !== '')
    const args = words.map((word) => Buffer.from(word, 'latin1'))
    const node = this.#node
    // The next hop on the way runs it, and answers.
    const from = to === node.id ? to : (node.route(to)?.id ?? to)
    await this.#call(
      to,
      line.number,
      () => node.command(to, args),
      (answer, ms) => {
        const row = { from: formatId(from), ms, line: line.number }
        this.#output.tell('command_reply', { ...row, ...argumentsOf(answer) })
      },
    )
  }

  async #ping(line: VerbLine): Promise<void> {
    const { to } = target(line)
    await this.#call(
      to,
      line.number,
      () => this.#node.ping(to),
      (ms) => this.#output.tell('pong', { id: formatId(to), ms: rounded(ms), line: line.number }),
    )
  }

  #peers(line: number): void {
    const peers = this.#node.peers().map(peerRow)
    this.#output.tell('peers', { id: formatId(this.#node.id), peers, line })
  }

  #routes(line: number): void {
    const { id, routes } = this.#node
    this.#output.tell('routes', { id: formatId(id), routes: routeRows(routes), line })
  }

  #counters(line: number): void {
    this.#output.tell('counters', { counters: this.#node.counters, line })
  }

  #help(line: number): void {
    const verbs = Object.values(this.#verbs).map(({ usage }) => usage)
    this.#output.tell('help', { verbs, line })
  }

  /** Resolves when the question has left and another call may be opened. */
  async #call<T>(
    to: bigint,
    line: number,
    ask: () => Promise<T>,
    tell: (answer: T, ms: number) => void,
  ): Promise<void> {
    while (this.#open.size >= CALLS_MAX) await Promise.race(this.#open)
    const startMs = performance.now()
    const { answer } = await callWithRoom(this.#node, this.#signal, ask)
    const told = answer.then(
      (value) => tell(value, rounded(performance.now() - startMs)),
      (error: unknown) => this.#failed(to, error, line),
    )
    const ended = told.finally(() => this.#open.delete(ended))
    this.#open.add(ended)
  }

  #failed(to: bigint, error: unknown, line: number): void {
    if (!(error instanceof BusError)) throw error
    this.#output.tell('failure', failureRow(to, error, line))
  }
}

/** An id and what follows it behind one space. */
function target({ rest }: VerbLine): { readonly to: bigint; readonly rest: Buffer } {
  const word = firstWord(rest)
  if (word.head === '') throw new UsageError('the id is missing')
  return { to: readNodeId(word.head, 'ID'), rest: word.rest }
}

/** Leading spaces do not count; of what follows the word exactly one is taken away. */
function firstWord(bytes: Buffer): { readonly head: string; readonly rest: Buffer } {
  let start = 0
  while (bytes[start] === SPACE) start++
  const found = bytes.indexOf(SPACE, start)
  const end = found < 0 ? bytes.length : found
  return { head: bytes.toString('latin1', start, end), rest: bytes.subarray(end + 1) }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === 0x0d ? bytes.subarray(0, -1) : bytes
}
