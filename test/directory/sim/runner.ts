// One of the threads that run seeds of the directory: each seed is a world of its own.

import { parentPort, workerData } from 'node:worker_threads'
import { loadKit } from './kit.js'
import { type DirectoryVerdict, runSeed } from './run.js'

export interface RunnerOrder {
  /** Where the compiled sources are, where they are not those of this build. */
  readonly kitUrl: string | undefined
}

export interface RanSeed {
  readonly seed: number
  readonly verdict: DirectoryVerdict
}

const { kitUrl } = workerData as RunnerOrder
const kit = await loadKit(kitUrl === undefined ? undefined : new URL(kitUrl))

parentPort?.on('message', (seed: number) => {
  const ran: RanSeed = { seed, verdict: runSeed(kit, seed) }
  parentPort?.postMessage(ran)
})
