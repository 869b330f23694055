// A node in another process, as a test holds it: orders to it, and what it told.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { BusNodeOptions } from '../../src/index.js'
import type { Answer, Order, Told } from './_node-program.js'

const PROGRAM = fileURLToPath(new URL('./_node-program.js', import.meta.url))

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A registration takes as long as the machine is busy: for tests of something else. */
export const PATIENT = { limits: { registerMs: 60_000 } }

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class ProcessNode {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
  readonly told: Told[] = []
  addresses: string[] = []
  #orders = 0
  readonly #waiting = new Map<number, Waiting>()
  #watchers: (() => void)[] = []

  /** `wrapper`: a command that runs the program's own command line, as `ip netns exec NAME`. */
  constructor(
    environment: NodeJS.ProcessEnv = {},
    wrapper: readonly string[] = [],
    program = PROGRAM,
  ) {
    const [execPath, ...execArgv] = [...wrapper, process.execPath]
    this.child = fork(program, [], {
      serialization: 'advanced',
      execPath: execPath!,
      execArgv,
      env: { ...process.env, ...environment },
    })
    this.child.on('message', (message: Answer | Told) => this.#received(message))
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        const gone = new Error(`the process ended (${code ?? signal})`)
        for (const { reject } of this.#waiting.values()) reject(gone)
        this.#waiting.clear()
        resolve({ code, signal })
      })
    })
  }

  static async start(
    options: BusNodeOptions,
    replies: 'echo' | 'never' | 'listen' = 'echo',
  ): Promise<ProcessNode> {
    const node = new ProcessNode()
    const { addresses } = await node.order<{ addresses: string[] }>('start', options, replies)
    node.addresses = addresses
    return node
  }

  order<T>(op: string, ...args: readonly unknown[]): Promise<T> {
    const order = this.#orders++
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(order, { resolve: resolve as (value: unknown) => void, reject })
      this.child.send({ order, op, args } satisfies Order, (error) => {
        if (error) reject(error)
      })
    })
  }

  /** What was told already counts. */
  async hear<T>(name: string, matches: (detail: T) => boolean = () => true): Promise<Told> {
    for (;;) {
      const found = this.told.find(({ told, detail }) => told === name && matches(detail as T))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#watchers.push(resolve))
    }
  }

  count(name: string): number {
    return this.told.filter(({ told }) => told === name).length
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Ends it, whatever it does, and waits for that. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal('SIGKILL')
    await this.exited
  }

  #received(message: Answer | Told): void {
    if ('told' in message) {
      this.told.push(message)
      for (const wake of this.#watchers.splice(0)) wake()
      return
    }
    const waiting = this.#waiting.get(message.answer)
    this.#waiting.delete(message.answer)
    if ('code' in message)
      waiting?.reject(Object.assign(new Error(message.message), { code: message.code }))
    else waiting?.resolve(message.value)
  }
}

/** Processes of one test, all ended with it. */
export class Processes {
  readonly #nodes: ProcessNode[] = []
  readonly #limits: NonNullable<BusNodeOptions['limits']>

  /** `limits`: of all of them. What is measured in figures has those of the product, `{}`. */
  constructor(limits: NonNullable<BusNodeOptions['limits']> = PATIENT.limits) {
    this.#limits = limits
  }

  async start(
    options: BusNodeOptions,
    replies: 'echo' | 'never' | 'listen' = 'echo',
  ): Promise<ProcessNode> {
    const limits = { ...this.#limits, ...options.limits }
    const node = await ProcessNode.start({ ...options, limits }, replies)
    this.#nodes.push(node)
    return node
  }

  adopt(node: ProcessNode): ProcessNode {
    this.#nodes.push(node)
    return node
  }

  async end(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.end()))
  }
}

export const LOCAL = 'tcp://127.0.0.1:0'
export const EAGER = { firstMs: 1, maxMs: 20, jitter: 0, refusedMinMs: 1, refusedMaxMs: 20 }

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** What is still other than wanted after this long stays so, and is shown as it is. */
const PATIENCE_MS = 60_000
const EQUAL_SAMPLES = 4
const SAMPLES_MAX = 200

/** The first sample that is as wanted, or the last one: for what comes about a little later. */
export async function inTheEnd<T>(sample: () => T | Promise<T>, wanted: T): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS
  for (;;) {
    const now = await sample()
    if (isDeepStrictEqual(now, wanted) || performance.now() > endMs) return now
    await sleep(20)
  }
}

/** A sample that stands: what is on its way out when a test begins belongs to no baseline. */
export async function atRest<T>(sample: () => T | Promise<T>): Promise<T> {
  let last = await sample()
  for (let equal = 1, samples = 1; equal < EQUAL_SAMPLES && samples < SAMPLES_MAX; samples++) {
    await sleep(50)
    const next = await sample()
    equal = isDeepStrictEqual(next, last) ? equal + 1 : 1
    last = next
  }
  return last
}

/** Waits for what no event tells; the test's timeout is its bound. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5)
}
