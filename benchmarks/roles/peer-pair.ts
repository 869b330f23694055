// Both ends of a peer whose receiver belongs to its sender: a thread or a child of this process.

import { loadPair } from '../peers/peers.js'
import { Pump } from '../peers/pump.js'
import { processFigures } from '../process-figures.js'
import { type Mark, markOf, type Role, type RoleOptions } from '../role.js'
import { Stopwatch } from '../stopwatch.js'

/** Of this process with its threads, and of its child. */
function wholeMark(count: number, otherPid: (() => number) | undefined): Mark {
  const own = markOf(count)
  if (otherPid === undefined) return own
  const { cpuSeconds, peakRssMib } = processFigures(otherPid())
  return {
    ...own,
    cpuSeconds: own.cpuSeconds + cpuSeconds,
    peakRssMib: own.peakRssMib + peakRssMib,
  }
}

/** With `inFlight` it asks, without it sends one way. */
export async function startPeerPair(options: RoleOptions): Promise<Role> {
  const { inFlight, peer } = options
  const pair = await loadPair(peer)
  if (inFlight === undefined) {
    let arrived = 0
    let grant = (_messages: number): void => {}
    const source = await pair.openSource(options, (messages) => {
      arrived += messages
      grant(messages)
    })
    const pump = new Pump(source, options)
    grant = (messages) => pump.grant(messages)
    return { begin: () => pump.run(), mark: () => wholeMark(arrived, pair.otherPid) }
  }
  const watch = new Stopwatch()
  const ask = await watch.opening(options, (replied) => pair.openCaller(options, replied))
  return {
    begin: ask,
    mark: () => ({ ...wholeMark(watch.count, pair.otherPid), latency: watch.take() }),
  }
}
