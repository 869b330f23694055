// A worker thread and its MessagePort: views of one memory posted together, one copy for all.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RoleOptions } from '../role.js'
import { numberedPayloads, type PairPeer, payloadViews } from './peer.js'

/** What one post carries at most; more is no faster. */
const TOGETHER_MAX = 64
const TOGETHER_BYTES_MAX = 64 * 1024

async function startWorker(mode: 'sink' | 'answerer', options: RoleOptions): Promise<Worker> {
  const entry = new URL('./port-receiver.js', import.meta.url)
  const worker = new Worker(entry, { workerData: { ...options, mode } })
  worker.on('error', (error) => {
    throw error
  })
  await once(worker, 'message')
  return worker
}

export const messagePort: PairPeer = {
  async openSource(options, credited) {
    const worker = await startWorker('sink', options)
    worker.on('message', credited)
    const { payloadBytes = 0 } = options
    const fits = Math.max(1, Math.floor(TOGETHER_BYTES_MAX / payloadBytes))
    const together = Math.min(TOGETHER_MAX, fits)
    const views = payloadViews(together, payloadBytes)
    return {
      send: (messages) => {
        for (let left = messages; left > 0; left -= together) {
          worker.postMessage(left >= together ? views : views.slice(0, left))
        }
        return undefined
      },
    }
  },
  async openCaller(options, replied) {
    const worker = await startWorker('answerer', options)
    const payloads = numberedPayloads(options)
    worker.on('message', (payload: Uint8Array) => {
      if (payload.length !== options.payloadBytes) throw new Error('not the answer')
      replied(Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32LE(0))
    })
    return (number) => worker.postMessage(Uint8Array.from(payloads[number] as Buffer))
  },
}
