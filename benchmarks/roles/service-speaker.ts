// Keeps the list, and tells all services of a type one thing after the other.

import { setTimeout as delay } from 'node:timers/promises'
import { Cluster } from '../../src/services/cluster.js'
import { callLoop } from '../call-loop.js'
import type { Role, RoleOptions } from '../role.js'
import { REGISTRY } from './service-answerer.js'

const LOOK_MS = 250

export async function startServiceSpeaker(options: RoleOptions): Promise<Role> {
  const { children = 1, id = 1, instances = 1, listen = '', payloadBytes = 0 } = options
  const text = 'Z'.repeat(payloadBytes)
  let crowdsLeft = 0
  let heard: (() => void) | undefined
  const cluster = await Cluster.join({ id, listen: [listen], registry: REGISTRY }, (made) => {
    made.handle('heard', () => {
      crowdsLeft--
      if (crowdsLeft === 0) heard?.()
    })
  })
  const [address = ''] = cluster.node.addresses
  const call = async () => {
    crowdsLeft = children
    const all = new Promise<void>((resolve) => {
      heard = resolve
    })
    const sent = cluster.broadcast('world', 'news', text)
    if (sent !== instances) throw new Error(`${sent} of ${instances} were told`)
    await all
  }
  const loop = callLoop(options, call, () => {})
  /** How many services it sees, a moment from now. */
  const arrival = async (): Promise<number> => {
    await delay(LOOK_MS)
    return cluster.getNodeList('world').length
  }
  return { ...loop, address, arrival }
}
