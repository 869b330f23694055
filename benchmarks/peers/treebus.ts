// treebus as one of the peers, where a question asks all of them in the same way.

import { once } from 'node:events'
import { BusError } from '../../src/index.js'
import { addressOf, startNode } from '../roles/treebus-node.js'
import { type FanPeer, type Peer, payloadCycle } from './peer.js'

const RECEIVER = 1
const TYPE = { type: 1 }

/** Any number above that of the receiver will do; processes of one machine have their own. */
function senderId(): number {
  return RECEIVER + process.pid
}

export const treebusFan: FanPeer = {
  async openHub(options) {
    const node = await startNode({ ...options, id: RECEIVER })
    const next = payloadCycle(options)
    const source = () => {
      const receivers = node.peers().map(({ id }) => id)
      const send = async (messages: number): Promise<void> => {
        for (let i = 0; i < messages; i++) {
          const payload = next()
          for (const to of receivers) {
            // Waits only where there is no room: whoever awaits has all before it written.
            while (node.send(to, payload, TYPE) === 'full') await once(node, 'writable')
          }
        }
      }
      return { send }
    }
    return { address: addressOf(node), source }
  },
  async openSpoke(options, arrived) {
    const node = await startNode({ ...options, id: senderId() })
    node.on('message', ({ payload }) => arrived(payload.length))
  },
}

export const treebus: Peer = {
  async openSink(options, arrived) {
    const node = await startNode({ ...options, id: RECEIVER })
    node.on('message', ({ payload }) => arrived(payload.length))
    return addressOf(node)
  },
  async openSource(options) {
    const node = await startNode({ ...options, id: senderId() })
    const to = BigInt(RECEIVER)
    const next = payloadCycle(options)
    const send = async (messages: number): Promise<void> => {
      for (let sent = 0; sent < messages; sent++) {
        const payload = next()
        while (node.send(to, payload, TYPE) === 'full') await once(node, 'writable')
      }
    }
    return { send }
  },
  async openAnswerer(options, answered) {
    const node = await startNode({ ...options, id: RECEIVER })
    node.on('message', (message) => {
      answered()
      message.reply(message.payload)
    })
    return addressOf(node)
  },
  async openCaller(options, replied) {
    const node = await startNode({ ...options, id: senderId() })
    const to = BigInt(RECEIVER)
    const payload = payloadCycle(options)()
    const call = async (number: number): Promise<void> => {
      const answer = await node.request(to, payload)
      if (answer.payload.length !== payload.length) throw new Error('not the answer')
      replied(number)
    }
    const ended = (error: unknown): void => {
      // Whoever answers leaves at the same time; one that crashes is noticed by the runner.
      if (!(error instanceof BusError) || error.code !== 'LINK_LOST') throw error
    }
    return (number) => void call(number).catch(ended)
  },
}
