// What this process holds open, counted once it has come to rest.

import { sleep } from '../process/_process-node.js'

export interface Resources {
  readonly handles: number
  readonly timers: number
}

/** On their way out by themselves. */
const PASSING = new Set(['Immediate', 'CloseReq', 'ConnectWrap', 'ShutdownWrap', 'WriteWrap'])
const QUIET_MS = 50
/** Sockets close over several turns of the loop; a count that stands this long has settled. */
const EQUAL_SAMPLES = 4
const SAMPLES_MAX = 400

function sample(): Resources {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !PASSING.has(kind))
  const timers = kinds.filter((kind) => kind === 'Timeout').length
  return { handles: kinds.length - timers, timers }
}

/** The last sample where it never stands still: what leaks on and on shows as well. */
export async function settledResources(): Promise<Resources> {
  let last = sample()
  for (let equal = 1, samples = 1; equal < EQUAL_SAMPLES && samples < SAMPLES_MAX; samples++) {
    await sleep(QUIET_MS)
    const next = sample()
    equal = next.handles === last.handles && next.timers === last.timers ? equal + 1 : 1
    last = next
  }
  return last
}
