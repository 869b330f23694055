// A node in a process of its own, run by the test that forked it: ops in, answers and events out.

import { existsSync, readdirSync } from 'node:fs'
import { BusError, BusNode, type BusNodeOptions } from '../../src/index.js'

export interface Order {
  readonly order: number
  readonly op: string
  readonly args: readonly unknown[]
}

/** What the program tells by itself. Times are comparable between the processes of a host. */
export interface Told {
  readonly told: string
  readonly atMs: number
  readonly detail: unknown
}

export type Answer =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly code: string; readonly message: string }

const EVENTS = [
  'link_up',
  'link_down',
  'state',
  'parent_changed',
  'undelivered',
  'refused',
] as const

let current: BusNode | undefined
/** Calls that were begun, and how each of them ended. */
const settled: { call: number; code: string; begunMs: number; atMs: number }[] = []
let begun = 0

const nowMs = () => performance.timeOrigin + performance.now()
const say = (message: Answer | Told) => process.send?.(message)

/** Open files where the system lists them, else what the runtime holds open. */
function openFiles(): number {
  const folder = '/proc/self/fd'
  if (existsSync(folder)) return readdirSync(folder).length
  return process.getActiveResourcesInfo().length
}

function node(): BusNode {
  if (current === undefined) throw new Error('not started')
  return current
}

async function start(options: BusNodeOptions, replies: 'echo' | 'never' | 'listen' = 'echo') {
  const started = await BusNode.start(options)
  current = started
  for (const name of EVENTS) {
    started.on(name, (detail: unknown) => say({ told: name, atMs: nowMs(), detail }))
  }
  started.on('message', (message) => {
    if (message.isRequest && replies === 'echo') message.reply(message.payload)
    if (!message.isRequest && replies === 'listen') {
      say({ told: 'message', atMs: nowMs(), detail: { from: message.from, text: message.text } })
    }
  })
  return { addresses: started.addresses, state: started.state, pid: process.pid }
}

/** Begins calls that are left open; `settled` tells what became of them. */
function beginCalls(to: bigint, count: number, timeoutMs: number, ways: readonly string[]): void {
  for (let i = 0; i < count; i++) {
    const call = begun++
    const way = ways[i % ways.length]
    const begunMs = nowMs()
    const promise =
      way === 'confirm'
        ? node().confirm(to, 'x', { timeoutMs })
        : node().request(to, 'x', { timeoutMs })
    const end = (code: string) => settled.push({ call, code, begunMs, atMs: nowMs() })
    promise.then(
      () => end('answered'),
      (error: unknown) => end(error instanceof BusError ? error.code : String(error)),
    )
  }
}

const OPS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  start,
  state: () => node().state,
  peers: () => node().peers(),
  routes: () => [...node().routes].map(({ id }) => id),
  hasRoute: (id: bigint) => node().routes.has(id),
  watchRoutes: () => {
    for (const name of ['route_up', 'route_down'] as const) {
      node().on(name, (detail: unknown) => say({ told: name, atMs: nowMs(), detail }))
    }
  },
  counters: () => node().counters,
  capabilities: () => node().capabilities,
  resources: () => ({ files: openFiles(), rssBytes: process.memoryUsage().rss }),
  send: (to: bigint, payload: Uint8Array | string) => node().send(to, payload),
  request: async (to: bigint, payload: string, timeoutMs: number) =>
    (await node().request(to, payload, { timeoutMs })).text,
  beginCalls,
  settled: () => settled,
  ready: () => node().ready(),
  close: (timeoutMs?: number) => node().close(timeoutMs === undefined ? {} : { timeoutMs }),
  /** Keeps the loop from turning, as a long computation or a collection does. */
  stall: (ms: number) => {
    const until = performance.now() + ms
    while (performance.now() < until);
  },
  /** The next message throws in the user's handler. */
  throwOnMessage: () => {
    node().once('message', () => {
      throw new Error('a handler of the user')
    })
  },
  catchUncaught: () => {
    process.on('uncaughtException', (error) => {
      say({ told: 'uncaught', atMs: nowMs(), detail: error.message })
    })
  },
  /** From here on nothing but the node keeps this process alive. */
  letGo: () => {
    setImmediate(() => process.disconnect())
  },
  closeAndLetGo: async () => {
    await node().close()
    setImmediate(() => process.disconnect())
  },
}

async function perform({ order, op, args }: Order): Promise<void> {
  try {
    const value = await OPS[op]!(...(args as never[]))
    say({ answer: order, value })
  } catch (error) {
    const code = error instanceof BusError ? error.code : 'ERROR'
    say({ answer: order, code, message: String(error) })
  }
}

process.on('message', (order: Order) => void perform(order))
