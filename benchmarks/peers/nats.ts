// NATS: a server between two clients; a reply subject made by hand, which is faster than request().

import { loadPackage, numberedPayloads, type Peer, payloadCycle } from './peer.js'

interface Message {
  readonly data: Uint8Array
  respond(payload: Uint8Array): boolean
}

interface Connection {
  publish(subject: string, payload: Uint8Array, options?: { reply: string }): void
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: Message): void },
  ): unknown
  flush(): Promise<void>
}

interface Nats {
  connect(options: { servers: string }): Promise<Connection>
}

function open(server: string | undefined): Promise<Connection> {
  return loadPackage<Nats>('nats').connect({ servers: server ?? '' })
}

function listen(connection: Connection, subject: string, take: (message: Message) => void): void {
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) throw error
      take(message)
    },
  })
}

export const nats: Peer = {
  async openSink({ server }, arrived) {
    const connection = await open(server)
    listen(connection, 'bench', ({ data }) => arrived(data.length))
    await connection.flush()
    return ''
  },
  async openSource(options) {
    const connection = await open(options.server)
    const next = payloadCycle(options)
    return {
      send: (messages) => {
        for (let i = 0; i < messages; i++) connection.publish('bench', next())
        return undefined
      },
    }
  },
  async openAnswerer({ server }, answered) {
    const connection = await open(server)
    listen(connection, 'ask', (message) => {
      answered()
      message.respond(message.data)
    })
    await connection.flush()
    return ''
  },
  async openCaller(options, replied) {
    const connection = await open(options.server)
    const payloads = numberedPayloads(options)
    listen(connection, 'answer', ({ data }) => {
      if (data.length !== options.payloadBytes) throw new Error('not the answer')
      replied(Buffer.from(data.buffer, data.byteOffset, 4).readUInt32LE(0))
    })
    await connection.flush()
    const reply = { reply: 'answer' }
    return (number) => connection.publish('ask', payloads[number] as Buffer, reply)
  },
}
