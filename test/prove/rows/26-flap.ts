// Row 26: links are cut again and again while both ends send, on a good cable and in bad weather.

import { BusNode } from '../../../src/index.js'
import { EAGER, LOCAL, until } from '../../process/_process-node.js'
import { CuttingProxy } from '../../process/_proxy.js'
import { flapInTheStorm } from '../../process/_weather.js'
import { seedOfRun } from '../../wire/_random.js'
import { settledResources } from '../resources.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 26
export const title = 'links cut 100 times under traffic, and with 40 % of them lost'
export const goal = '1 link, 0 duplicates, as many handles and timers as before'
export const sizes = { quick: '100 cuts, 20 flaps', full: '2,000 cuts, 100 flaps' }

const PARENT = 1n
const CHILD = 2n

export async function run({ full }: RunOptions): Promise<Outcome> {
  const cable = await onAGoodCable(full)
  const storm = await inBadWeather(full)
  const isMet = cable.verdict === 'met' && storm.verdict === 'met'
  return {
    figure: `${cable.figure}; ${storm.figure}`,
    verdict: verdictOf(isMet),
    values: { ...cable.values, ...storm.values },
  }
}

/** The kernel at hand may have no netem: the weather is made by a relay, seeded. */
async function inBadWeather(full: boolean): Promise<Outcome> {
  const weather = await flapInTheStorm(full ? 100 : 20, seedOfRun())
  const { allBack, connections, delivered, duplicates, flaps, lostPercent, outOfOrder } = weather
  const left = weather.handlesMore + weather.timersMore + weather.linksLeft
  const isMet = duplicates === 0 && outOfOrder === 0 && left === 0 && allBack
  return {
    figure:
      `${flaps} flaps of 4 links with ${lostPercent} % of ${connections} lost: ` +
      `${duplicates} duplicates and ${outOfOrder} out of order of ${delivered}, ${left} left over`,
    verdict: verdictOf(isMet),
    values: {
      stormFlaps: flaps,
      stormLostPercent: lostPercent,
      stormDelivered: delivered,
      stormDuplicates: duplicates,
      stormOutOfOrder: outOfOrder,
    },
  }
}

async function onAGoodCable(full: boolean): Promise<Outcome> {
  const cuts = full ? 2_000 : 100
  const parent = await BusNode.start({ id: PARENT, listen: [LOCAL] })
  const proxy = await CuttingProxy.to(parent.addresses[0]!)
  const before = await settledResources()
  const child = await BusNode.start({ id: CHILD, parent: proxy.address, retry: EAGER })
  const seen = [new Set<string>(), new Set<string>()] as const
  let duplicates = 0
  for (const [index, node] of [parent, child].entries()) {
    node.on('message', ({ text }) => {
      if (seen[index]!.has(text)) duplicates++
      seen[index]!.add(text)
    })
  }
  let sent = 0
  for (let cut = 0; cut < cuts; cut++) {
    await child.ready()
    for (let i = 0; i < 50; i++, sent++) {
      child.send(PARENT, String(sent))
      parent.send(CHILD, String(sent))
    }
    if (cut % 2 === 0) await child.ping(PARENT)
    const ended = new Promise((resolve) => child.once('link_down', resolve))
    proxy.cut(cut % 4 < 2 ? 'reset' : 'close')
    await ended
  }
  await child.ready()
  await child.ping(PARENT)
  const links = Math.max(parent.peers().length, child.peers().length, proxy.open)
  await child.close()
  await until(() => proxy.open === 0 && parent.peers().length === 0)
  const after = await settledResources()
  const left = { handles: after.handles - before.handles, timers: after.timers - before.timers }
  await parent.close()
  await proxy.close()
  const isMet = links === 1 && duplicates === 0 && left.handles === 0 && left.timers === 0
  return {
    figure:
      `${links} link after ${cuts} cuts, ` +
      `${duplicates} duplicates of ${seen[0].size + seen[1].size}, ` +
      `${left.handles} handles and ${left.timers} timers more`,
    verdict: verdictOf(isMet),
    values: { cuts, links, duplicates, handles: left.handles, timers: left.timers },
  }
}
