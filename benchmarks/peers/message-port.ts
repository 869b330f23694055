// A worker thread and its MessagePort: views of one memory posted together, one copy for all.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RoleOptions } from '../role.js'
import type { PairPeer } from './peer.js'
import { type HalfMode, type PostOffice, postingPair } from './posting.js'

async function startWorker(mode: HalfMode, options: RoleOptions): Promise<PostOffice> {
  const entry = new URL('./port-receiver.js', import.meta.url)
  const worker = new Worker(entry, { workerData: { ...options, mode } })
  worker.on('error', (error) => {
    throw error
  })
  await once(worker, 'message')
  return {
    hear: (heard) => worker.on('message', heard as (message: unknown) => void),
    // A Buffer from the pool would take all of the pool along.
    post: (message) =>
      worker.postMessage(message instanceof Uint8Array ? Uint8Array.from(message) : message),
  }
}

export const messagePort: PairPeer = postingPair(startWorker)
