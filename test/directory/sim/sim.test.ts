import test from 'ava'
import { changedLines } from '../../sim/patches.js'
import { breaks, plant } from './breaks.js'
import { loadKit } from './kit.js'
import { runSeed } from './run.js'

const SEEDS = 12
const SEED_BASE = 7_000
const BREAK_SEEDS_MAX = 150
const BREAK_LINES_MAX = 4

/** Others are tried with TREEBUS_SEED and with `npm run sim:directory -- --from SEED`. */
function seedBase(): number {
  const given = process.env.TREEBUS_SEED
  return given === undefined || given === '' ? SEED_BASE : Number(given)
}

test('000-23, 002-18: clusters with faults keep every rule, and their tables become equal', async (t) => {
  const kit = await loadKit()
  const base = seedBase()
  let messages = 0
  for (let seed = base; seed < base + SEEDS; seed++) {
    const verdict = runSeed(kit, seed)
    if (verdict.kind === 'held') messages += verdict.totals.messages
    else t.fail(`npm run sim:directory -- --from ${seed} --seeds 1: ${verdict.failure.rule}`)
  }
  t.true(messages > SEEDS * 1_000)
})

test('a seed of the directory stands for one run: the same again is the same', async (t) => {
  const kit = await loadKit()
  t.deepEqual(runSeed(kit, 7), runSeed(kit, 7))
})

for (const planted of breaks()) {
  test(`the simulator of the directory finds a planted bug: ${planted.name}`, async (t) => {
    t.timeout(600_000)
    t.true(changedLines(planted.patch) <= BREAK_LINES_MAX)
    const { kit, remove } = await plant(planted)
    try {
      let seed = 1
      while (seed <= BREAK_SEEDS_MAX && runSeed(kit, seed).kind === 'held') seed++
      t.log(`found by seed ${seed}`)
      t.true(seed <= BREAK_SEEDS_MAX)
    } finally {
      remove()
    }
  })
}
