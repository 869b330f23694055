// A cluster in a process of its own, run by the test that forked it: one service with few calls.

import { Cluster } from '../../src/index.js'

const [id = '', parent = '', app = ''] = process.argv.slice(2)
const cluster = await Cluster.join({ id, parent, services: [app] })
let waiting = 0

cluster.handle('who', () => id)
cluster.handle('waiting', () => waiting)
cluster.handle('wait', () => {
  waiting += 1
  return new Promise(() => {})
})
cluster.handle('work', async (turns: number) => {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  return id
})

process.on('message', async () => {
  // So long callers may take to hear of it, on a busy machine too.
  const isQuiet = await cluster.drain({ quietMs: 5_000, timeoutMs: 120_000 })
  await cluster.close()
  process.send?.(isQuiet)
  process.disconnect()
})
process.send?.('joined')
