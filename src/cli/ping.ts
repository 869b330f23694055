// `treebus ping`: how long a message to a node and back takes.

import { setTimeout as pause } from 'node:timers/promises'
import { BusError, formatId } from '../index.js'
import { EXIT } from './exit-code.js'
import { milliseconds } from './output-event.js'
import { failureRow, rounded } from './rows.js'
import type { Visit } from './visit.js'

export interface PingPlan {
  readonly to: bigint
  /** At least 1. */
  readonly count: number
  readonly intervalMs: number
}

export async function ping(visit: Visit, plan: PingPlan): Promise<number> {
  const timesMs: number[] = []
  let sent = 0
  while (sent < plan.count && !visit.signal.aborted) {
    if (sent > 0) await rest(plan.intervalMs, visit.signal)
    if (visit.signal.aborted) break
    sent++
    const ms = await pingOnce(visit, plan.to, sent)
    if (ms !== undefined) timesMs.push(ms)
  }
  summarise(visit, sent, timesMs)
  return timesMs.length === plan.count ? EXIT.ok : EXIT.failed
}

async function pingOnce(visit: Visit, to: bigint, number: number): Promise<number | undefined> {
  const { node, output, timeoutMs, signal } = visit
  try {
    const ms = rounded(await node.ping(to, { timeoutMs, signal }))
    output.tell('pong', { id: formatId(to), ms, line: number })
    return ms
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    output.tell('failure', failureRow(to, error, number))
    return undefined
  }
}

async function rest(intervalMs: number, signal: AbortSignal): Promise<void> {
  await pause(intervalMs, undefined, { signal }).catch(() => {})
}

function summarise({ output }: Visit, sent: number, timesMs: readonly number[]): void {
  const sorted = [...timesMs].sort((a, b) => a - b)
  const [minMs = 0] = sorted
  const maxMs = sorted.at(-1) ?? 0
  const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const counts = { sent, received: timesMs.length, lost: sent - timesMs.length }
  const times = { minMs, medianMs, maxMs }
  const isMeasured = timesMs.length > 0
  output.tell('summary', {
    summary: isMeasured && output.isJson ? { ...counts, ...times } : counts,
  })
  if (!isMeasured || output.isJson) return
  output.print(`min/median/max  ${[minMs, medianMs, maxMs].map(milliseconds).join(' / ')}`)
}
