// Moleculer over its own TCP transporter: events one way, actions for requests, JSON as it comes.

import { setTimeout as sleep } from 'node:timers/promises'
import type { RoleOptions } from '../role.js'
import { loadPackage, type Peer, payloadSizes } from './peer.js'

interface Context {
  readonly params: { readonly text: string }
}

interface Broker {
  readonly registry: { nodes: { localNode: { port: number } } }
  createService(schema: Record<string, unknown>): unknown
  start(): Promise<void>
  waitForServices(names: string, timeoutMs: number): Promise<unknown>
  emit(event: string, payload: unknown): Promise<unknown>
  call(action: string, payload: unknown): Promise<{ readonly text: string }>
}

interface Moleculer {
  readonly ServiceBroker: new (options: Record<string, unknown>) => Broker
}

const SERVICE_LIMIT_MS = 20_000
/** The list of events comes with that of services, but nothing waits for it alone. */
const SETTLE_MS = 300

async function open(
  nodeID: string,
  { dial }: RoleOptions,
  service?: Record<string, unknown>,
): Promise<Broker> {
  const { ServiceBroker } = loadPackage<Moleculer>('moleculer')
  const urls = dial === undefined ? [] : [`${dial}/receiver`]
  const options = { udpDiscovery: false, urls, maxPacketSize: 64 * 1024 * 1024 }
  const broker = new ServiceBroker({
    nodeID,
    logger: false,
    transporter: { type: 'TCP', options },
  })
  if (service !== undefined) broker.createService(service)
  await broker.start()
  if (dial === undefined) return broker
  await broker.waitForServices('bench', SERVICE_LIMIT_MS)
  await sleep(SETTLE_MS)
  return broker
}

function addressOf(broker: Broker): string {
  return `tcp://127.0.0.1:${broker.registry.nodes.localNode.port}`
}

export const moleculer: Peer = {
  async openSink(options, arrived) {
    // The name of the argument tells Moleculer that a handler takes a context.
    const handler = (ctx: Context): void => arrived(ctx.params.text.length)
    const broker = await open('receiver', options, { name: 'bench', events: { message: handler } })
    return addressOf(broker)
  },
  async openSource(options) {
    const broker = await open(`sender-${process.pid}`, options)
    const texts = payloadSizes(options).map((bytes) => ({ text: 'Z'.repeat(bytes) }))
    let at = 0
    const emit = (): Promise<unknown> => {
      const payload = texts[at]
      at = at + 1 === texts.length ? 0 : at + 1
      return broker.emit('message', payload)
    }
    return {
      send: (messages) => {
        for (let i = 1; i < messages; i++) void emit()
        return emit()
      },
    }
  },
  async openAnswerer(options, answered) {
    const ask = (ctx: Context) => {
      answered()
      return ctx.params
    }
    const broker = await open('receiver', options, { name: 'bench', actions: { ask } })
    return addressOf(broker)
  },
  async openCaller(options, replied) {
    const broker = await open('sender', options)
    const payload = { text: 'Z'.repeat(options.payloadBytes ?? 0) }
    const call = async (number: number): Promise<void> => {
      const { text } = await broker.call('bench.ask', payload)
      if (text.length !== payload.text.length) throw new Error('not the answer')
      replied(number)
    }
    return (number) => void call(number)
  },
}
