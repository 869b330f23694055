// Runs seeds of the directory on a few threads, until all are done, one broke, or time is up.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { DirectoryFailure, DirectoryTotals } from './run.js'
import type { RanSeed, RunnerOrder } from './runner.js'

export interface SeedPlan {
  readonly from: number
  readonly count: number
  readonly threads: number
  /** No seed begins after this long. */
  readonly secondsMax: number
}

export interface SeedsRun {
  readonly held: number
  readonly totals: DirectoryTotals
  /** Of the lowest seed that broke a rule. */
  readonly failure: DirectoryFailure | undefined
}

export async function runSeeds(plan: SeedPlan, order: RunnerOrder): Promise<SeedsRun> {
  const { from, count, threads, secondsMax } = plan
  const endMs = performance.now() + 1_000 * secondsMax
  const totals = { events: 0, messages: 0, faults: 0, evictions: 0 }
  const failures: DirectoryFailure[] = []
  let next = from
  let held = 0
  const take = ({ verdict }: RanSeed): void => {
    if (verdict.kind === 'broken') {
      failures.push(verdict.failure)
      return
    }
    held++
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[key] += verdict.totals[key]
    }
  }
  const work = async (worker: Worker): Promise<void> => {
    while (failures.length === 0 && next < from + count && performance.now() < endMs) {
      worker.postMessage(next++)
      const [ran] = (await once(worker, 'message')) as [RanSeed]
      take(ran)
    }
  }
  const workers = Array.from({ length: Math.min(threads, count) }, () => {
    return new Worker(new URL('./runner.js', import.meta.url), { workerData: order })
  })
  try {
    await Promise.all(workers.map(work))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return { held, totals, failure: failures.sort((a, b) => a.seed - b.seed)[0] }
}
