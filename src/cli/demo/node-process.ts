// One process of the demo's tree: `treebus run --json`, its events, and how it is ended.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { readLines } from '../lines.js'

/** Generous: a slow machine is not a fault. Whatever takes longer is one. */
export const WATCHDOG_MS = 120_000

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))
const LINE_BYTES_MAX = 16 * 1024 * 1024

export type NodeEvent = Readonly<Record<string, unknown>>

interface Waiter {
  readonly matches: (event: NodeEvent) => boolean
  readonly resolve: (event: NodeEvent) => void
  readonly reject: (error: Error) => void
}

export class NodeProcess {
  readonly id: string
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #onEvent: (event: NodeEvent) => void
  readonly #waiters = new Set<Waiter>()
  /** Resolves with what ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  #linesWritten = 0
  #isOver = false

  constructor(
    id: string,
    args: readonly string[],
    options: {
      readonly environment: NodeJS.ProcessEnv
      /** Default `run`. */
      readonly verb?: 'run' | 'registry'
      onEvent(event: NodeEvent): void
    },
  ) {
    this.id = id
    this.#onEvent = options.onEvent
    // With the end of its stdin it leaves: not even a killed demo leaves a process behind.
    this.#child = spawn(
      process.execPath,
      [MAIN, options.verb ?? 'run', '--json', '--until-eof', ...args],
      {
        env: options.environment,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    this.#child.stdin.on('error', () => {})
    this.exited = new Promise((resolve) => {
      this.#child.on('error', () => resolve(1))
      this.#child.on('exit', (code, signal) => resolve(code ?? signal ?? 1))
    })
    this.#listen().catch(() => this.kill())
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The next event that matches. Rejects when the process ends first, or takes too long. */
  until(what: string, matches: (event: NodeEvent) => boolean): Promise<NodeEvent> {
    const { promise, waiter } = newWaiter(matches)
    if (this.#isOver) return Promise.reject(new Error(`${this.id} is gone: no ${what}`))
    this.#waiters.add(waiter)
    const timer = setTimeout(() => {
      waiter.reject(new Error(`${this.id}: no ${what} within ${WATCHDOG_MS} ms`))
    }, WATCHDOG_MS)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    })
  }

  untilEvent(name: string): Promise<NodeEvent> {
    return this.until(name, ({ event }) => event === name)
  }

  /** Resolves with the event that answers this line. */
  async ask(line: Uint8Array | string): Promise<NodeEvent> {
    const number = ++this.#linesWritten
    const answer = this.until(`answer to line ${number}`, (event) => event['line'] === number)
    // It is waited for below; until then a failure must not count as nobody's.
    answer.catch(() => {})
    const { stdin } = this.#child
    stdin.write(line)
    if (!stdin.write('\n')) await Promise.race([once(stdin, 'drain'), this.exited])
    return answer
  }

  /** Leaves in good order. Resolves with how it ended; what does not end is killed. */
  async quit(): Promise<number | NodeJS.Signals> {
    this.#child.stdin.end('quit\n')
    const timer = setTimeout(() => this.kill(), WATCHDOG_MS)
    return this.exited.finally(() => clearTimeout(timer))
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #listen(): Promise<void> {
    try {
      for await (const { content } of readLines(this.#child.stdout, LINE_BYTES_MAX)) {
        this.#told(JSON.parse(content?.toString() ?? '{}') as NodeEvent)
      }
    } finally {
      this.#isOver = true
      for (const waiter of this.#waiters) waiter.reject(new Error(`${this.id} ended`))
    }
  }

  #told(event: NodeEvent): void {
    this.#onEvent(event)
    for (const waiter of this.#waiters) if (waiter.matches(event)) waiter.resolve(event)
  }
}

function newWaiter(matches: (event: NodeEvent) => boolean) {
  let waiter: Waiter | undefined
  const promise = new Promise<NodeEvent>((resolve, reject) => {
    waiter = { matches, resolve, reject }
  })
  return { promise, waiter: waiter! }
}
