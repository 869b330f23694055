// How soon is a killed leaf known in the tables of all, by distance?

import { type Heard, LosingTree } from '../../process/_lost-leaf.js'
import { Processes } from '../../process/_process-node.js'
import { inMs, type Outcome, type RunOptions, spreadOf, verdictOf } from '../row.js'

export const row = 'routes-kill'
export const title = 'kill -9 of a leaf three levels below the root'
export const goal = 'route_down everywhere in 500 ms'
export const sizes = { quick: '20 kills', full: '100' }

const KNOWN_MS = 500

export async function run({ full }: RunOptions): Promise<Outcome> {
  const kills = full ? 100 : 20
  const all = new Processes({})
  const heard: Heard[] = []
  try {
    const tree = new LosingTree(all)
    await tree.grow()
    for (let kill = 0; kill < kills; kill++) heard.push(...(await tree.loseLeaf()))
  } finally {
    await all.end()
  }
  const byLinks = [1, 2, 3, 4, 5].map((links) => {
    const spread = spreadOf(heard.filter((one) => one.links === links).map((one) => one.afterMs))
    return { links, ...spread }
  })
  const figures = byLinks.map(
    ({ links, p50, max }) => `${links} away p50 ${inMs(p50)}, max ${inMs(max)}`,
  )
  const isLost = heard.every(({ reason }) => reason === 'link_lost')
  const maxMs = Math.max(...byLinks.map(({ max }) => max))
  return {
    figure: `${figures.join('; ')}; ${kills} kills`,
    verdict: verdictOf(isLost && maxMs <= KNOWN_MS),
    values: {
      kills,
      ...Object.fromEntries(byLinks.map(({ links, p50 }) => [`away${links}P50Ms`, p50])),
      ...Object.fromEntries(byLinks.map(({ links, max }) => [`away${links}MaxMs`, max])),
    },
  }
}
