// A tree of processes under joins and kills: what its tables say at the end, and what it kept.

import { Processes } from '../../process/_process-node.js'
import { type RouteStorm, routeStorm } from '../../process/_route-storm.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 'routes-storm'
export const title = 'a tree of processes under joins and kills at random'
export const goal = 'tables equal at the end, no open files kept; full: 60 processes, 5 minutes'
export const sizes = { quick: '20 processes, 30 s', full: '60 processes, 5 min' }

const MIB = 1024 ** 2

function figureOf(storm: RouteStorm, filesKept: number, growth: { p50: number; max: number }) {
  return [
    `${storm.live} processes, ${storm.kills} kills, ${storm.joins} joins`,
    `${storm.wrong.length} wrong records, equal ${inMs(storm.equalMs)} after the last change`,
    `${filesKept} files kept by ${storm.used.length} that lived through it`,
    `their RSS grew by p50 ${growth.p50.toFixed(1)} MiB, max ${growth.max.toFixed(1)} MiB`,
  ].join('; ')
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const size = full ? { processes: 60, stormMs: 300_000 } : { processes: 20, stormMs: 30_000 }
  const all = new Processes({})
  try {
    const storm = await routeStorm(all, { ...size, everyMs: 500, seed: 5 })
    const { kills, joins, live, wrong, equalMs, used } = storm
    const filesKept = used.reduce(
      (sum, { before, after }) => sum + Math.max(0, after.files - before.files),
      0,
    )
    const growth = spreadOf(
      used.map(({ before, after }) => (after.rssBytes - before.rssBytes) / MIB),
    )
    return {
      figure: figureOf(storm, filesKept, growth),
      verdict: verdictOf(wrong.length === 0 && filesKept <= 0 && used.length > 0),
      values: {
        kills,
        joins,
        live,
        wrong: wrong.length,
        equalMs,
        filesKept,
        survivors: used.length,
        rssGrowthP50MiB: growth.p50,
        rssGrowthMaxMiB: growth.max,
      },
    }
  } finally {
    await all.end()
  }
}
