// Row 19: what a table of 1,000 nodes costs: its snapshot, and a change told to 100 subscribers.

import { Thousand, updateBytes } from '../../core/_thousand.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 19
export const title = 'a table of 1,000 nodes'
export const goal = 'snapshot < 150 KB, learned < 20 ms, change to 100 < 100 ms, < 1 KB an entry'
export const sizes = { quick: '10 rounds', full: '50' }

const NODES = 1_000
const SUBSCRIBERS = 100
/** So many more make the memory of one entry visible. */
const MANY = 100_000
const KB = 1_000

function timed(work: () => void): number {
  const startMs = performance.now()
  work()
  return performance.now() - startMs
}

/** What the root itself does with what arrives, without the one that writes it. */
function learningMs(): number {
  const table = new Thousand()
  const { core } = table.root
  const receive = core.receive.bind(core)
  let spentMs = 0
  core.receive = (...input) => {
    const startMs = performance.now()
    const effects = receive(...input)
    spentMs += performance.now() - startMs
    return effects
  }
  table.learn(0, NODES)
  return spentMs
}

/** Without the memory that only a collection would give back, where the process may ask for one. */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function bytesOfEntry(): number {
  const table = new Thousand()
  const before = heldBytes()
  table.learn(0, MANY)
  return (heldBytes() - before) / table.root.core.routes.size
}

export function run({ full }: RunOptions): Promise<Outcome> {
  const rounds = full ? 50 : 10
  const learnedMs = Array.from({ length: rounds }, learningMs)
  const table = new Thousand()
  table.learn(0, NODES)
  for (let count = 0; count < SUBSCRIBERS; count++) table.ask()
  const toldMs = Array.from({ length: rounds }, (_, at) => timed(() => table.learn(NODES + at, 1)))
  const snapshotBytes = updateBytes(table.askers[0]!)
  const learned = spreadOf(learnedMs)
  const told = spreadOf(toldMs)
  const entryBytes = bytesOfEntry()
  const isMet = snapshotBytes < 150 * KB && learned.max < 20 && told.max < 100 && entryBytes < KB
  return Promise.resolve({
    figure:
      `snapshot ${(snapshotBytes / KB).toFixed(1)} KB; learned p50 ${inMs(learned.p50)}, max ` +
      `${inMs(learned.max)}; change to ${SUBSCRIBERS} p50 ${inMs(told.p50)}, max ` +
      `${inMs(told.max)}; ${entryBytes.toFixed(0)} bytes an entry of ${MANY}`,
    verdict: verdictOf(isMet),
    values: {
      snapshotBytes,
      learnedP50Ms: learned.p50,
      learnedMaxMs: learned.max,
      toldP50Ms: told.p50,
      toldMaxMs: told.max,
      entryBytes,
    },
  })
}
