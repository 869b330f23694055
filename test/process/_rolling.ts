// Ten nodes that are restarted one after the other while their parent asks them without a break.

import { BusError, BusNode } from '../../src/index.js'
import { LOCAL, Processes, type ProcessNode, sleep } from './_process-node.js'

const ROOT = 0x1n
const FIRST = 0x10n
const NODES = 10
const TURN_MS = 2
/** A machine that is too slow for the rate is asked less, not buried. */
const OPEN_MAX = 250

export interface Rolling {
  readonly asked: number
  readonly perSecond: number
  readonly restarts: number
  /** What did not end with an answer, by code. */
  readonly failed: ReadonlyMap<string, number>
  /** From the order to close until the parent knew that it leaves, each. */
  readonly leavingMs: readonly number[]
  readonly closeMs: readonly number[]
  readonly reasons: readonly string[]
}

/** Requests at a steady rate to whoever is there, one after the other. */
class Asker {
  readonly failed = new Map<string, number>()
  asked = 0
  #open = 0
  #running = true
  readonly #done: Promise<void>
  readonly startMs = performance.now()

  constructor(
    readonly node: BusNode,
    readonly perSecond: number,
  ) {
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#done
  }

  async #run(): Promise<void> {
    while (this.#running || this.#open > 0) {
      if (this.#running) this.#askDue()
      await sleep(TURN_MS)
    }
  }

  #askDue(): void {
    const due = ((performance.now() - this.startMs) / 1_000) * this.perSecond
    while (this.asked < due && this.#open < OPEN_MAX) {
      const peers = this.node.peers().filter(({ id }) => this.node.route(id) !== undefined)
      const peer = peers[this.asked % peers.length]
      if (peer === undefined) return
      this.asked++
      void this.#ask(peer.id, `question ${this.asked}`)
    }
  }

  async #ask(id: bigint, question: string): Promise<void> {
    this.#open++
    try {
      const { text } = await this.node.request(id, question, { timeoutMs: 60_000 })
      if (text !== question) this.#fail('WRONG_ANSWER')
    } catch (error) {
      this.#fail(error instanceof BusError ? error.code : String(error))
    }
    this.#open--
  }

  #fail(code: string): void {
    this.failed.set(code, (this.failed.get(code) ?? 0) + 1)
  }
}

export async function rollingRestart(
  rounds: number,
  perSecond: number,
  settleMs: number,
  closeTimeoutMs?: number,
): Promise<Rolling> {
  const all = new Processes()
  const root = await BusNode.start({ id: ROOT, listen: [LOCAL] })
  const times = { leavingMs: [] as number[], closeMs: [] as number[], reasons: [] as string[] }
  try {
    const nodes: ProcessNode[] = []
    for (let i = 0; i < NODES; i++) {
      nodes.push(await all.start({ id: FIRST + BigInt(i), parent: root.addresses }))
    }
    const asker = new Asker(root, perSecond)
    for (let round = 0; round < rounds; round++) {
      for (const [i, node] of nodes.entries()) {
        await sleep(settleMs)
        await restart(root, node, FIRST + BigInt(i), times, closeTimeoutMs)
      }
    }
    const { asked } = asker
    const seconds = (performance.now() - asker.startMs) / 1_000
    await asker.stop()
    const restarts = rounds * NODES
    return { asked, perSecond: asked / seconds, restarts, failed: asker.failed, ...times }
  } finally {
    await root.close()
    await all.end()
  }
}

async function restart(
  root: BusNode,
  node: ProcessNode,
  id: bigint,
  times: { leavingMs: number[]; closeMs: number[]; reasons: string[] },
  closeTimeoutMs: number | undefined,
): Promise<void> {
  const atMs = performance.now()
  root.once('link_leaving', () => times.leavingMs.push(performance.now() - atMs))
  const left = new Promise<void>((resolve) => {
    const onDown = (down: { link: { id: bigint }; reason: string }) => {
      if (down.link.id !== id) return
      root.off('link_down', onDown)
      times.reasons.push(down.reason)
      resolve()
    }
    root.on('link_down', onDown)
  })
  await node.order('close', closeTimeoutMs)
  times.closeMs.push(performance.now() - atMs)
  await left
  await node.order('start', { id, parent: root.addresses })
}
