// Receives one way traffic: reads from, type and length of each message, and counts.

import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { addressOf, checkLinks, startNode } from './treebus-node.js'

const CREDIT = new Uint8Array(1)

export async function startTreebusSink(options: RoleOptions): Promise<Role> {
  const { payloadBytes = 0, window = 0 } = options
  const creditEvery = window / 4
  const node = await startNode(options)
  let count = 0
  let wrong = 0
  let told: (atMs: number) => void = () => {}
  const first = new Promise<number>((resolve) => {
    told = resolve
  })
  node.on('message', (message) => {
    const { from, payload, type } = message
    if (payload.length !== payloadBytes || type !== 1 || from === node.id) wrong++
    if (count === 0) told(nowMs())
    count++
    if (window > 0 && count % creditEvery === 0) node.send(from, CREDIT)
  })
  return {
    address: addressOf(node),
    arrival: () => first,
    mark: () => {
      if (wrong > 0) throw new Error(`${wrong} messages are not what was sent`)
      checkLinks(node, options.cipher)
      return markOf(count)
    },
  }
}
