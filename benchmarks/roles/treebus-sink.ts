// Receives one way traffic: reads from, type and length of each message, and counts.

import type { MessageBatch } from '../../src/index.js'
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
  if (options.batches === true) {
    node.on('batch', (batch) => {
      if (count === 0) told(nowMs())
      wrong += wrongOf(batch, payloadBytes, node.id)
      count += batch.length
    })
  }
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

/** Reads from, type, length and both ends of each message where it is. */
function wrongOf(batch: MessageBatch, payloadBytes: number, self: bigint): number {
  let wrong = 0
  for (let i = 0; i < batch.length; i++) {
    const memory = batch.memory(i)
    const isGood = batch.payloadBytes(i) === payloadBytes && batch.type(i) === 1
    const ends = memory[batch.start(i)]! & memory[batch.end(i) - 1]!
    if (!isGood || ends !== 0x5a || batch.from(i) === self) wrong++
  }
  return wrong
}
