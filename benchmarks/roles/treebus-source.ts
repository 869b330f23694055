// Sends one way traffic: a burst for each turn of the loop, and on `full` it waits for `writable`.

import { markOf, type Role, type RoleOptions } from '../role.js'
import { startNode } from './treebus-node.js'

const TYPE = { type: 1 }

export async function startTreebusSource(options: RoleOptions): Promise<Role> {
  const { burst = 1, payloadBytes = 0, target = 1, window = 0 } = options
  const node = await startNode(options)
  const to = BigInt(target)
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  let credit = window > 0 ? window : Number.POSITIVE_INFINITY
  let count = 0
  let waits: 'writable' | 'credit' | 'no' = 'no'
  const payloads = Array.from({ length: burst }, () => payload)
  const pumpMany = (): void => {
    const sent = node.sendMany(to, payloads, TYPE)
    count += sent
    waits = sent < burst ? 'writable' : 'no'
    if (sent === burst) setImmediate(next)
  }
  const pump = (): void => {
    waits = 'no'
    const messages = Math.min(burst, credit)
    for (let i = 0; i < messages; i++) {
      const outcome = node.send(to, payload, TYPE)
      if (outcome === 'full') {
        waits = 'writable'
        return
      }
      if (outcome !== 'sent') throw new Error(`send: ${outcome}`)
      count++
      credit--
    }
    if (credit > 0) setImmediate(next)
    else waits = 'credit'
  }
  const next = options.batches === true ? pumpMany : pump
  node.on('writable', () => {
    if (waits === 'writable') setImmediate(next)
    waits = 'no'
  })
  node.on('message', () => {
    credit += window / 4
    if (waits === 'credit') setImmediate(next)
    if (waits === 'credit') waits = 'no'
  })
  const begin = (): void => {
    if (node.route(to) === undefined) throw new Error('no route')
    next()
  }
  return { begin, mark: () => markOf(count) }
}
