// What the roles of Moleculer share: a broker with its own TCP transporter, and nothing between.

import { createServer } from 'node:net'
import { loadPackage } from '../peers/peer.js'

export interface Broker {
  createService(schema: object): unknown
  start(): Promise<void>
  waitForServices(name: string): Promise<unknown>
  call(action: string, params: object): Promise<unknown>
}

interface MoleculerPackage {
  readonly ServiceBroker: new (options: object) => Broker
}

export interface BrokerOptions {
  readonly nodeID: string
  readonly port: number
  /** Brokers it knows: `host:port/nodeID`. */
  readonly urls: readonly string[]
}

/** Without discovery by UDP, logs, metrics or a validator: only what a call needs. */
export function makeBroker({ nodeID, port, urls }: BrokerOptions): Broker {
  const { ServiceBroker } = loadPackage<MoleculerPackage>('moleculer')
  return new ServiceBroker({
    nodeID,
    logger: false,
    validator: false,
    requestTimeout: 30_000,
    transporter: { type: 'TCP', options: { udpDiscovery: false, port, urls } },
  })
}

/** Its transporter cannot say which port it was given, so one is found for it. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
