// What a restart of a node that has others below it costs those that stayed.

import { Processes } from '../../process/_process-node.js'
import {
  belowBranch,
  type Loss,
  RESTARTED_BRANCH,
  RESTARTED_ROOT,
  type Restart,
  RestartTree,
} from '../../process/_restart.js'
import { inMs, type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 'routes-restart'
export const title = 'kill -9 and restart of a root, then of a branch'
export const goal = 'no route_down of nodes that stayed: of a root anywhere, of a branch below it'
export const sizes = { quick: '3 restarts', full: '20' }

/** Longer than the grace time of 15 s. */
const REST_MS = 16_000

async function restarts(id: bigint, count: number): Promise<Restart[]> {
  const all = new Processes({})
  try {
    const tree = new RestartTree(all)
    await tree.grow()
    const done: Restart[] = []
    for (let i = 0; i < count; i++) done.push(await tree.restart(id, REST_MS))
    return done
  } finally {
    await all.end()
  }
}

const sumOf = (done: readonly Restart[], count: (losses: readonly Loss[]) => number) =>
  done.reduce((sum, { losses }) => sum + count(losses), 0)

export async function run({ full }: RunOptions): Promise<Outcome> {
  const count = full ? 20 : 3
  const root = await restarts(RESTARTED_ROOT, count)
  const branch = await restarts(RESTARTED_BRANCH, count)
  const anywhere = sumOf(root, (losses) => losses.length)
  const below = sumOf(branch, (losses) => belowBranch(losses).length)
  const elsewhere = sumOf(branch, (losses) => losses.length) - below
  const wholeMs = Math.max(...[...root, ...branch].map((one) => one.wholeMs))
  return {
    figure:
      `root: ${anywhere} route_down; branch: ${below} below it, ${elsewhere} elsewhere; ` +
      `tables whole ${inMs(wholeMs)} after the kill at most; ${count} restarts of each`,
    verdict: verdictOf(anywhere === 0 && below === 0),
    values: { restarts: count, anywhere, below, elsewhere, wholeMaxMs: wholeMs },
  }
}
