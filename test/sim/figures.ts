// Figures of the routing table for people: what it costs, and how large a tree may be.

import { type BigTree, fullTables, layers } from './big-trees.js'
import { changeAmong, joinAtOnce, oneChange, parentRestart } from './costs.js'
import type { Carried } from './route-meter.js'

const KNOWN = [100, 10_000, 100_000]
const JOINING = 10_000
const BRANCHES = 200
const LEAVES = 50
const FULL_NODES = 2_000
const FULL_WIDTH = 12
const LAYERED_NODES = 100_000

type Say = (line: string) => void

/** `npm run sim -- --costs`. */
export function sayCosts(say: Say): void {
  const { join, leave } = oneChange(6, 3)
  say('one node comes to, and goes from, a tree of 259; the most on any link in any direction:')
  say(`  comes: ${words(join)}`)
  say(`  goes: ${words(leave)}`)
  say('the same below a node with many below it; to its parent and on to its sister, together:')
  for (const known of KNOWN) {
    const cost = changeAmong(known)
    say(`  ${known} known: comes ${cost.join.bytes} bytes, goes ${cost.leave.bytes} bytes`)
  }
  const joined = joinAtOnce(JOINING)
  say(`${JOINING} children join at once; the most on any link: ${words(joined)}`)
  const { backAfterMs, known, most, removesBelow, total } = parentRestart(BRANCHES, LEAVES)
  say(`a parent of ${BRANCHES} children of ${LEAVES} nodes each restarts:`)
  say(`  the most on any link: ${words(most)}`)
  say(`  all links together: ${words(total)}`)
  say(`  all are back after ${backAfterMs} ms; REMOVEs below it: ${removesBelow}`)
  say(`  a child knows ${known} ids at the end`)
}

function words({ bytes, packets, records, removes }: Carried): string {
  return `${packets} packets, ${records} records (${removes} REMOVEs), ${bytes} bytes`
}

/** `npm run sim -- --big`. */
export function sayBig(say: Say): void {
  measured(say, 'every table whole', () => fullTables(FULL_NODES, FULL_WIDTH))
  measured(say, 'leaves and branches told nothing from above', () => layers(LAYERED_NODES))
}

function measured(say: Say, title: string, make: () => BigTree): void {
  const startMs = performance.now()
  const { nodes, records, tableBytes, virtualMs } = make()
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
  const mebi = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`
  say(`${nodes} nodes, ${title}: ${records} records in ${mebi(tableBytes)} of tables`)
  say(`  ${seconds} s, process ${mebi(process.memoryUsage().rss)}, virtual time ${virtualMs} ms`)
}
