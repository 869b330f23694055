// Words for people: what a run amounted to, and how to see a failure again.

import type { Failure, Totals } from './run.js'

export class Summary {
  #seeds = 0
  #nodes = 0
  #events = 0
  #links = 0
  #virtualMs = 0
  #full = 0
  readonly #faults = new Map<string, number>()
  readonly #fates = { sent: 0, delivered: 0, failed: 0, unknown: 0, dropped: 0, refused: 0 }

  add(totals: Totals): void {
    this.#seeds++
    this.#nodes += totals.nodes
    this.#events += totals.events
    this.#links += totals.links
    this.#virtualMs += totals.virtualMs
    this.#full += totals.full
    for (const [kind, count] of totals.faults) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count)
    }
    for (const fate of Object.keys(this.#fates) as (keyof Totals['fates'])[]) {
      this.#fates[fate] += totals.fates[fate]
    }
  }

  lines(wallSeconds: number): string[] {
    const { delivered, dropped, failed, refused, sent, unknown } = this.#fates
    const faults = [...this.#faults].sort().map(([kind, count]) => `${kind} ${count}`)
    const hours = (this.#virtualMs / 3_600_000).toFixed(1)
    const rate = (this.#seeds / wallSeconds).toFixed(1)
    return [
      `seeds ${this.#seeds}, nodes ${this.#nodes}, links made ${this.#links}, events ${this.#events}`,
      `messages: ${sent} sent, ${delivered} delivered, ${failed} failed with an answer, ` +
        `${unknown} unknown (${dropped} of them dropped by a node), ${refused} refused at once`,
      `faults: ${faults.join(', ') || 'none'}; claims that met a full outlet ${this.#full}`,
      `virtual hours ${hours}, wall seconds ${wallSeconds.toFixed(1)}, seeds a second ${rate}`,
    ]
  }
}

export function replayCommand(seed: number, nodesMax: number, planted: string | undefined): string {
  const flag = planted === undefined ? '' : ` --break ${planted}`
  return `npm run sim -- --seeds 1 --from ${seed} --nodes ${nodesMax}${flag}`
}

export function failureLines(failure: Failure, replay: string): string[] {
  return [
    `seed ${failure.seed} broke a rule at ${failure.atMs.toFixed(3)} ms:`,
    `  ${failure.rule}`,
    'the last events:',
    ...failure.lastEvents.map((line) => `  ${line}`),
    `again: ${replay}`,
  ]
}
