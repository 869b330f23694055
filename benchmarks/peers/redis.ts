// Redis: publish and subscribe by ioredis through a server; a turn's publishes in one pipeline.

import { once } from 'node:events'
import { loadPackage, numberedPayloads, type Peer, payloadCycle } from './peer.js'

interface Pipeline {
  publish(channel: string, payload: Buffer): Pipeline
  exec(): Promise<unknown>
}

interface Client {
  on(event: 'messageBuffer', listener: (channel: Buffer, payload: Buffer) => void): unknown
  subscribe(channel: string): Promise<unknown>
  publish(channel: string, payload: Buffer): Promise<number>
  pipeline(): Pipeline
}

interface Ioredis {
  readonly Redis: new (options: Record<string, unknown>) => Client
}

async function open(server: string | undefined): Promise<Client> {
  const { hostname, port } = new URL(server ?? '')
  const { Redis } = loadPackage<Ioredis>('ioredis')
  // Commands of one turn leave together.
  const client = new Redis({ host: hostname, port: Number(port), enableAutoPipelining: true })
  await once(client as unknown as NodeJS.EventEmitter, 'ready')
  return client
}

async function listen(
  server: string | undefined,
  channel: string,
  take: (payload: Buffer) => void,
): Promise<void> {
  const client = await open(server)
  client.on('messageBuffer', (_channel, payload) => take(payload))
  await client.subscribe(channel)
}

export const redis: Peer = {
  async openSink({ server }, arrived) {
    await listen(server, 'bench', ({ length }) => arrived(length))
    return ''
  },
  async openSource(options) {
    const client = await open(options.server)
    const next = payloadCycle(options)
    return {
      send: (messages) => {
        const pipeline = client.pipeline()
        for (let i = 0; i < messages; i++) pipeline.publish('bench', next())
        return pipeline.exec()
      },
    }
  },
  async openAnswerer({ server }, answered) {
    const client = await open(server)
    await listen(server, 'ask', (payload) => {
      answered()
      void client.publish('answer', payload)
    })
    return ''
  },
  async openCaller(options, replied) {
    const client = await open(options.server)
    const payloads = numberedPayloads(options)
    await listen(options.server, 'answer', (payload) => {
      if (payload.length !== options.payloadBytes) throw new Error('not the answer')
      replied(payload.readUInt32LE(0))
    })
    return (number) => void client.publish('ask', payloads[number] as Buffer)
  },
}
