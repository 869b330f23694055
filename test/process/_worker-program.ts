// A node in a worker thread: joins, asks its parent once, closes, and reports.

import { parentPort, workerData } from 'node:worker_threads'
import { BusNode } from '../../src/index.js'

interface Task {
  readonly id: bigint
  readonly parent: string
}

const { id, parent } = workerData as Task
const node = await BusNode.start({ id, parent })
// On a busy machine not every first attempt succeeds.
await node.ready()
const answer = await node.request(1n, `from ${id}`)
await node.close()
parentPort?.postMessage(answer.text)
