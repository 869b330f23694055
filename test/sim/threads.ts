// Runs many seeds on a few threads; what comes of it does not depend on how many there are.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Failure } from './run.js'
import type { Outcome, RunnerOrder } from './runner.js'

export interface SeedRange {
  readonly from: number
  readonly count: number
}

/**
 * Seeds are given out in order. After the first failure no more are; those before it are under way
 * or done, so the failure with the lowest seed is the same whatever the threads.
 */
export async function runSeeds(
  range: SeedRange,
  order: RunnerOrder,
  options: { readonly threads: number; readonly onOutcome: (outcome: Outcome) => void },
): Promise<Failure | undefined> {
  let next = range.from
  const failures: Failure[] = []
  const work = async (worker: Worker): Promise<void> => {
    while (failures.length === 0 && next < range.from + range.count) {
      worker.postMessage(next++)
      const [outcome] = (await once(worker, 'message')) as [Outcome]
      if (outcome.kind === 'broken') failures.push(outcome.failure)
      options.onOutcome(outcome)
    }
  }
  const workers = Array.from({ length: Math.min(options.threads, range.count) }, () =>
    newWorker(order),
  )
  try {
    await Promise.all(workers.map(work))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return failures.sort((a, b) => a.seed - b.seed)[0]
}

function newWorker(order: RunnerOrder): Worker {
  return new Worker(new URL('./runner.js', import.meta.url), { workerData: order })
}
