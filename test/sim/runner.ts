// One of the threads that run seeds: each seed is a world of its own, so any thread may have it.

import { parentPort, workerData } from 'node:worker_threads'
import { loadKit } from './kit.js'
import { runSeed, type Verdict } from './run.js'

/** What a thread is told once. */
export interface RunnerOrder {
  readonly nodesMax: number
  /** The copy with a planted bug. */
  readonly brokenSource?: string
}

/** `excused`: the seed breaks the core as it is, so it says nothing of the planted bug. */
export type Outcome = Verdict | { readonly kind: 'excused' }

const { nodesMax, brokenSource } = workerData as RunnerOrder
const own = await loadKit()
const kit = brokenSource === undefined ? own : await loadKit(new URL(brokenSource))

function outcomeOf(seed: number): Outcome {
  const verdict = runSeed(kit, seed, nodesMax)
  if (verdict.kind === 'held' || kit === own) return verdict
  return runSeed(own, seed, nodesMax).kind === 'broken' ? { kind: 'excused' } : verdict
}

parentPort?.on('message', (seed: number) => parentPort?.postMessage(outcomeOf(seed)))
