// The nodes of one test: with addresses of their own, closed when it ends; and waiting for events.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { BusMessage, BusNodeEvents, BusNodeOptions } from '../../src/index.js'
import { BusError, BusNode } from '../../src/index.js'

export const CARRIERS = ['tcp', 'unix', 'inproc'] as const
export type Carrier = (typeof CARRIERS)[number]

export const PARENT = 0x100n
export const CHILD = 0x200n
export const OTHER = 0x300n

/** A parent that is gone is dialled again at once, so that no test waits for a policy. */
export const EAGER = { firstMs: 1, maxMs: 2, jitter: 0, refusedMinMs: 1, refusedMaxMs: 2 }

/** What a busy machine keeps from answering in time is not gone: for tests of something else. */
const PATIENT = { registerMs: 60_000, probeMs: 60_000 }

let names = 0

export class Nodes {
  readonly #nodes: BusNode[] = []
  #directory: string | undefined

  constructor(t: ExecutionContext) {
    t.teardown(() => this.close())
  }

  /** An address to listen on; for tcp the port is free to choose. */
  address(carrier: Carrier): string {
    names++
    if (carrier === 'tcp') return 'tcp://127.0.0.1:0'
    if (carrier === 'inproc') return `inproc://test-${process.pid}-${names}`
    this.#directory ??= mkdtempSync(join(tmpdir(), 'treebus-'))
    return `unix://${this.#directory}/${names}.sock`
  }

  async start(options: BusNodeOptions): Promise<BusNode> {
    const limits = { ...PATIENT, ...options.limits }
    const node = await BusNode.start({ ...options, limits })
    this.#nodes.push(node)
    return node
  }

  /** A root that listens. */
  root(carrier: Carrier, options: Partial<BusNodeOptions> = {}): Promise<BusNode> {
    return this.start({ id: PARENT, listen: [this.address(carrier)], ...options })
  }

  child(parent: BusNode, id: bigint, options: Partial<BusNodeOptions> = {}): Promise<BusNode> {
    return this.start({ id, parent: parent.addresses, retry: EAGER, ...options })
  }

  async pair(
    carrier: Carrier,
    options: { parent?: Partial<BusNodeOptions>; child?: Partial<BusNodeOptions> } = {},
  ): Promise<{ parent: BusNode; child: BusNode }> {
    const parent = await this.root(carrier, options.parent)
    return { parent, child: await this.child(parent, CHILD, options.child) }
  }

  /** A parent with two children, which see each other through it. */
  async family(
    carrier: Carrier,
    options: Partial<BusNodeOptions> = {},
  ): Promise<{ parent: BusNode; child: BusNode; other: BusNode }> {
    const { parent, child } = await this.pair(carrier, { parent: options, child: options })
    const other = await this.child(parent, OTHER, options)
    await Promise.all([child.routes.waitFor(OTHER), other.routes.waitFor(CHILD)])
    return { parent, child, other }
  }

  /** The node that was started last under that id. */
  last(id: bigint): BusNode {
    const node = this.#nodes.findLast((candidate) => candidate.id === id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()))
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** The next event of that name for which `matches` holds. */
export function eventOf<K extends keyof BusNodeEvents>(
  node: BusNode,
  name: K,
  matches: (...args: BusNodeEvents[K]) => boolean = () => true,
): Promise<BusNodeEvents[K][0]> {
  return new Promise((resolve) => {
    const listener = (...args: BusNodeEvents[K]) => {
      if (!matches(...args)) return
      node.off(name, listener as never)
      resolve(args[0])
    }
    node.on(name, listener as never)
  })
}

/** Messages of a node as they come, and waiting for so many of them. */
export class Received {
  readonly messages: BusMessage[] = []
  #wake: (() => void) | undefined

  constructor(node: BusNode) {
    node.on('message', (message) => {
      this.messages.push(message)
      this.#wake?.()
    })
  }

  get texts(): string[] {
    return this.messages.map((message) => message.text)
  }

  async count(messages: number): Promise<void> {
    while (this.messages.length < messages) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** The code that a call ended with. What ends with anything but a BusError is a bug. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'no error'
  } catch (error) {
    if (error instanceof BusError) return error.code
    throw error
  }
}

export function thrownCode(act: () => unknown): string {
  try {
    act()
    return 'no error'
  } catch (error) {
    if (error instanceof BusError) return error.code
    throw error
  }
}

/** Turns of the event loop: time for what must not happen to happen. */
export async function turns(count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for what no event tells, a turn of the loop at a time; ava's timeout is its bound. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turns(1)
}

/** A port that is free, and that nobody listens on. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
