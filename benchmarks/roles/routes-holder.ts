// Holds what others announce, and tells when it has all of it, or none of it any more.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { joinHalves } from '../../src/core/bus-id.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'
import { highOf, lowOf } from '../route-tables/ids.js'
import { RoutesNode } from './routes-node.js'

/** Of what the monitor calls a delay, this much is its own timer. */
const RESOLUTION_MS = 1

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function rssBytes(): number {
  // Twice: array buffers go with the second.
  collect()
  collect()
  return process.memoryUsage().rss
}

export async function startRoutesHolder(options: RoleOptions): Promise<Role> {
  const { listen, records = 0 } = options
  const emptyRss = rssBytes()
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let startMs = nowMs()
  let lostMs = 0
  const node = await RoutesNode.start(options, (event) => {
    if (event.kind === 'link_up') {
      startMs = nowMs()
      delays.reset()
    }
    if (event.kind === 'link_down') {
      lostMs = nowMs()
      delays.reset()
    }
  })
  const { driver } = node
  const { routes } = node.core
  const until = async (holds: () => boolean): Promise<number> => {
    while (!holds()) await sleep(1)
    return nowMs()
  }
  const isFull = (): boolean => routes.size >= records
  const last = joinHalves(highOf(records - 1), lowOf(records - 1))
  const isFresh = (): boolean => isFull() && routes.get(last)?.stale === false
  return {
    address: listen ?? '',
    /** Cuts all links: the parent is dialled again and says what was missed. */
    begin: async () => {
      delays.reset()
      lostMs = 0
      driver.abandon()
      await until(() => lostMs !== 0)
    },
    arrival: () => until(lostMs === 0 ? isFull : isFresh),
    gone: async () => {
      await until(() => lostMs !== 0)
      return until(() => routes.size < 16)
    },
    mark: () => {
      const longestPauseMs = delays.max / 1e6 - RESOLUTION_MS
      const rssBytesPerRecord = (rssBytes() - emptyRss) / records
      const tableBytesPerRecord = routes.bytes / records
      const figures = { startMs, lostMs, longestPauseMs, rssBytesPerRecord, tableBytesPerRecord }
      delays.reset()
      return { ...markOf(routes.size), figures }
    },
  }
}
