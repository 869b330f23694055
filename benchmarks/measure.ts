// Marks before and after the measured span, and what follows from two marks.

import { setTimeout as sleep } from 'node:timers/promises'
import { WARM_UP_CALLS } from './call-loop.js'
import type { RoleProcess } from './process-group.js'
import type { Span } from './question.js'
import type { Mark } from './role.js'

export interface Measured {
  readonly count: number
  readonly perSecond: number
  readonly cpuSeconds: number
  readonly peakRssMib: number
  readonly last: Mark
}

const LOOK_MS = 50

/** Once a caller has made its warm-up calls; see `WARM_UP_CALLS`. */
export async function warmedUp(caller: RoleProcess): Promise<void> {
  while ((await caller.mark()).count < WARM_UP_CALLS) await sleep(LOOK_MS)
}

/** In the order of `processes`; the traffic runs already. */
export async function measure(
  processes: readonly RoleProcess[],
  span: Span,
): Promise<readonly Measured[]> {
  await sleep(span.warmUpMs)
  const before = await Promise.all(processes.map((process) => process.mark()))
  await sleep(span.measuredMs)
  const after = await Promise.all(processes.map((process) => process.mark()))
  return after.map((last, index) => {
    const first = before[index] as Mark
    const count = last.count - first.count
    if (!(count > 0)) throw new Error(`${processes[index]?.name}: no messages in the span`)
    return {
      count,
      perSecond: (count * 1000) / (last.atMs - first.atMs),
      cpuSeconds: last.cpuSeconds - first.cpuSeconds,
      peakRssMib: last.peakRssMib,
      last,
    }
  })
}

/** What the process spent on a million of its messages. */
export function cpuPerMillion({
  count,
  cpuSeconds,
}: Pick<Measured, 'count' | 'cpuSeconds'>): number {
  return (cpuSeconds / count) * 1e6
}

/** Of all processes of a subject together, its server included, for a million of its messages. */
export function totalsOf(
  measured: readonly Measured[],
  server: { readonly cpuSeconds: number; readonly peakRssMib: number } | undefined,
): { readonly cpu: number; readonly rss: number } {
  const counted = measured.at(-1) as Measured
  const cpu = measured.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, server?.cpuSeconds ?? 0)
  const rss = measured.reduce((sum, { peakRssMib }) => sum + peakRssMib, server?.peakRssMib ?? 0)
  return { cpu: cpuPerMillion({ ...counted, cpuSeconds: cpu }), rss }
}
