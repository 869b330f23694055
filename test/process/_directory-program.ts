// A node with a directory in a process of its own: orders in, answers and events out.

import {
  BusNode,
  type BusNodeOptions,
  Directory,
  type DirectoryOptions,
  FileProvider,
} from '../../src/index.js'
import type { Answer, Order, Told } from './_node-program.js'

/** What can be told to another process: a provider is named by its file. */
export type PlainDirectoryOptions = Omit<DirectoryOptions, 'registries' | 'mayBeRegistry'> & {
  readonly registries?: readonly string[]
  readonly registryFile?: string
}

export interface FlowCounts {
  readonly sent: number
  /** Sends that did not say `sent`, by what they said. */
  readonly otherwise: Readonly<Record<string, number>>
  readonly received: number
  readonly undelivered: number
}

const FLOW_TICK_MS = 5

let node: BusNode | undefined
let directory: Directory | undefined
const flow = { sent: 0, otherwise: {} as Record<string, number>, received: 0, undelivered: 0 }
let timer: NodeJS.Timeout | undefined

const nowMs = () => performance.timeOrigin + performance.now()
const say = (message: Answer | Told) => process.send?.(message)
const tell = (told: string, detail: unknown) => say({ told, atMs: nowMs(), detail })

function started(): { node: BusNode; directory: Directory } {
  if (node === undefined || directory === undefined) throw new Error('not started')
  return { node, directory }
}

function hear(one: Directory): void {
  one
    .on('service_up', ({ node: id, record }) => tell('up', { id, app: record.app }))
    .on('service_down', ({ node: id, record }, reason) =>
      tell('down', { id, app: record.app, reason }),
    )
    .on('registered', (registry) => tell('registered', registry))
    .on('list', (state) => tell('list', state))
    .on('joined', ({ id }) => tell('joined', { id }))
    .on('left', ({ id, reason }) => tell('left', { id, reason }))
    .on('refused', ({ node: id, refusal }) => tell('refused', { id, what: refusal.what }))
}

async function start(options: BusNodeOptions, given: PlainDirectoryOptions = {}) {
  const { registryFile, ...rest } = given
  const one = await BusNode.start(options, (starting) => {
    starting.on('message', () => flow.received++)
    starting.on('undelivered', () => flow.undelivered++)
  })
  node = one
  const registries =
    registryFile === undefined ? {} : { registries: new FileProvider(registryFile) }
  directory = await Directory.start(one, { ...rest, ...registries }, hear)
  return { addresses: one.addresses, incarnation: directory.incarnation }
}

/** Sends to every service of an app in turn, as the list names them. */
function startFlow(app: string, perSecond: number): void {
  const one = started()
  const startMs = performance.now()
  let due = 0
  timer = setInterval(() => {
    const targets = one.directory.services({ app }).filter(({ isOwn }) => !isOwn)
    const wanted = Math.floor(((performance.now() - startMs) / 1_000) * perSecond)
    for (; due < wanted; due++) {
      const target = targets[due % targets.length]
      if (target === undefined) continue
      const outcome = one.node.send(target.node, `message ${due}`)
      if (outcome === 'sent') flow.sent++
      else flow.otherwise[outcome] = (flow.otherwise[outcome] ?? 0) + 1
    }
  }, FLOW_TICK_MS)
}

const OPS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  start,
  startFlow,
  stopFlow: () => clearInterval(timer),
  flow: (): FlowCounts => flow,
  members: () =>
    started()
      .directory.members()
      .map(({ node: { busId } }) => busId),
  incarnationOf: (id: bigint) => started().directory.entry(id)?.node.incarnation,
  services: (app: string) =>
    started()
      .directory.services({ app })
      .map(({ node: id }) => id),
  watched: () => started().directory.status().watched,
  watchers: () => started().directory.status().registry?.watchers,
  isStale: () => started().directory.isStale,
  peers: () =>
    started()
      .node.peers()
      .map(({ id }) => id),
  listeners: () => started().node.listenerCount('link_up'),
  /** The event tells when it is registered anew. */
  forwarded: () => started().node.counters['forwarded'],
  disconnect: (id: bigint) => started().node.disconnect(id),
  close: () => started().node.close(),
}

async function perform({ order, op, args }: Order): Promise<void> {
  try {
    say({ answer: order, value: await OPS[op]?.(...(args as never[])) })
  } catch (error) {
    say({ answer: order, code: 'ERROR', message: String(error) })
  }
}

// Without the test nobody would end this process.
process.on('disconnect', () => process.exit(1))
process.on('message', (order: Order) => void perform(order))
