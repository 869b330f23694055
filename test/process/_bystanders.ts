// Pairs that talk across a tree while one leaf beside them goes and comes back, again and again.

import { BusError, BusNode } from '../../src/index.js'
import { EAGER, LOCAL, Processes, until } from './_process-node.js'

const ROOT = 1n
const BRANCHES = [0x10n, 0x20n] as const
const LEAVES = 4
const GOER = 0x1fn
/** Messages under way at the same time. */
const WINDOW = 256

export interface Bystanders {
  readonly messages: number
  readonly failed: ReadonlyMap<string, number>
  /** Delivered other than once. */
  readonly notOnce: number
  readonly departures: number
}

interface Tree {
  readonly branches: readonly BusNode[]
  readonly leaves: readonly BusNode[]
  readonly all: readonly BusNode[]
}

async function plant(): Promise<Tree> {
  const idsBelow = (branch: bigint) =>
    Array.from({ length: LEAVES }, (_, i) => branch + BigInt(i + 1))
  const topology = BRANCHES.flatMap((parent) => idsBelow(parent).map((id) => ({ id, parent })))
  const root = await BusNode.start({ id: ROOT, listen: [LOCAL], topology })
  const branches: BusNode[] = []
  const leaves: BusNode[] = []
  for (const id of BRANCHES) {
    const branch = await BusNode.start({ id, parent: root.addresses, listen: [LOCAL] })
    branches.push(branch)
    for (const leaf of idsBelow(id)) {
      leaves.push(await BusNode.start({ id: leaf, parent: branch.addresses }))
    }
  }
  const all = [...leaves, ...branches, root]
  await Promise.all(all.map((node) => node.ready({ timeoutMs: 60_000 })))
  return { branches, leaves, all }
}

/** Every leaf to every other, a window of messages at a time; until both counts are reached. */
class Talk {
  readonly failed = new Map<string, number>()
  readonly #seen = new Map<string, number>()
  messages = 0

  constructor(readonly leaves: readonly BusNode[]) {
    for (const leaf of leaves) {
      leaf.on('message', ({ text }) => this.#seen.set(text, (this.#seen.get(text) ?? 0) + 1))
    }
  }

  get notOnce(): number {
    const wrong = [...this.#seen.values()].filter((times) => times !== 1).length
    return wrong + Math.abs(this.messages - this.#seen.size)
  }

  async run(isOver: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: WINDOW }, () => this.#line(isOver)))
  }

  async #line(isOver: () => boolean): Promise<void> {
    const { leaves } = this
    while (!isOver()) {
      const index = this.messages++
      const from = leaves[index % leaves.length]!
      const step = 1 + (Math.floor(index / leaves.length) % (leaves.length - 1))
      const to = leaves[(index + step) % leaves.length]!
      try {
        await from.confirm(to.id, `message ${index}`)
      } catch (error) {
        const code = error instanceof BusError ? error.code : String(error)
        this.failed.set(code, (this.failed.get(code) ?? 0) + 1)
      }
    }
  }
}

export async function bystanders(messages: number, departuresMin: number): Promise<Bystanders> {
  const processes = new Processes()
  const { branches, leaves, all } = await plant()
  try {
    const [branch] = branches
    const goer = await processes.start({ id: GOER, parent: branch!.addresses, retry: EAGER })
    const talk = new Talk(leaves)
    let departures = 0
    let isTalking = true
    const going = async () => {
      for (; isTalking || departures < departuresMin; departures++) {
        // Of its own will, and sent away by its parent.
        if (departures % 2 === 0) await goer.order('close')
        else branch!.disconnect(GOER)
        await until(() => branch!.peer(GOER) === undefined)
        if (departures % 2 === 0)
          await goer.order('start', { id: GOER, parent: branch!.addresses, retry: EAGER })
        await until(() => branch!.peer(GOER) !== undefined)
      }
    }
    const gone = going()
    await talk.run(() => talk.messages >= messages && departures >= departuresMin)
    isTalking = false
    await gone
    const { failed, notOnce } = talk
    return { messages: talk.messages, failed, notOnce, departures }
  } finally {
    await processes.end()
    await Promise.all(all.map((node) => node.close({ timeoutMs: 0 })))
  }
}
