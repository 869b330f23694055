// What the roles of NATS share: its server in a process of its own, and its client.

import { spawn } from 'node:child_process'
import { loadPackage } from '../peers/peer.js'
import type { Role } from '../role.js'

interface NatsMessage {
  readonly data: Uint8Array
  respond(data: Uint8Array): boolean
}

export interface NatsConnection {
  request(subject: string, data: Uint8Array, options: object): Promise<NatsMessage>
  subscribe(
    subject: string,
    options: { callback(error: unknown, message: NatsMessage): void },
  ): void
  flush(): Promise<void>
}

interface NatsPackage {
  connect(options: { servers: string }): Promise<NatsConnection>
}

export const SUBJECT = 'lobby.echo'

export function connectNats(server: string): Promise<NatsConnection> {
  return loadPackage<NatsPackage>('nats').connect({ servers: server })
}

/** Plain defaults, on a port of its choice, which it says on its standard error. */
export async function startNatsServer(): Promise<Role> {
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', '-1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.on('exit', () => server.kill())
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    server.on('error', reject)
    server.on('exit', () => reject(new Error(`nats-server ended: ${said}`)))
    server.stderr.on('data', (chunk) => {
      said += String(chunk)
      const found = /client connections on ([\d.]+:\d+)/.exec(said)?.[1]
      if (found !== undefined && /Server is ready/.test(said)) resolve(found)
    })
  })
  return { address }
}
