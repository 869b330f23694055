// Row 12: five tokens are exchanged for five others while links carry messages.

import { BusNode } from '../../../src/index.js'
import { EAGER, LOCAL, sleep } from '../../process/_process-node.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 12
export const title = 'tokens rotated under load'
export const goal = '0 links dropped, 0 messages lost; a token that was taken out lets nobody in'
export const sizes = { quick: '20 swaps', full: '500' }

const PARENT = 1n
const FIRST = 0x10n
const TOKENS = 5
const SETTLE_MS = 20

const tokenOf = (slot: number, age: number) => `token ${slot} of age ${age}`

class Load {
  answered = 0
  failed = 0
  #isRunning = true
  readonly #done: Promise<unknown>

  constructor(nodes: readonly BusNode[]) {
    this.#done = Promise.all(nodes.flatMap((node) => [this.#line(node), this.#line(node)]))
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  async #line(node: BusNode): Promise<void> {
    while (this.#isRunning) {
      try {
        await node.request(PARENT, 'x')
        this.answered++
      } catch {
        this.failed++
      }
    }
  }
}

interface Doors {
  opened: number
  shut: number
}

/** A newcomer with the new token, and one with the old one after it was taken out. */
async function knock(parent: BusNode, slot: number, age: number, doors: Doors): Promise<void> {
  const base = { parent: parent.addresses, retry: EAGER }
  const [fresh, late] = await Promise.all([
    BusNode.start({ ...base, id: 0x100n, tokens: [tokenOf(slot, age + 1)] }),
    BusNode.start({ ...base, id: 0x101n, tokens: [tokenOf(slot, age)] }),
  ])
  if (fresh.state === 'running') doors.opened++
  if (late.state !== 'running') doors.shut++
  await Promise.all([fresh.close(), late.close()])
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const rotations = full ? 100 : 4
  const current = Array.from({ length: TOKENS }, (_, slot) => tokenOf(slot, 0))
  const parent = await BusNode.start({ id: PARENT, listen: [LOCAL], tokens: current })
  parent.on('message', (message) => message.reply(message.payload))
  const children = await Promise.all(
    current.map((token, i) =>
      BusNode.start({ id: FIRST + BigInt(i), parent: parent.addresses, tokens: [token] }),
    ),
  )
  let dropped = 0
  for (const child of children) {
    child.on('link_down', ({ reason }) => {
      if (reason !== 'closing') dropped++
    })
  }
  const load = new Load(children)
  const doors: Doors = { opened: 0, shut: 0 }
  for (let age = 0; age < rotations; age++) {
    for (const [slot, child] of children.entries()) {
      current[slot] = tokenOf(slot, age + 1)
      parent.setTokens(current)
      child.setTokens([current[slot]])
      await knock(parent, slot, age, doors)
      await sleep(SETTLE_MS)
    }
  }
  await load.stop()
  await Promise.all([...children, parent].map((node) => node.close()))
  const swaps = rotations * TOKENS
  const isMet = dropped === 0 && load.failed === 0 && doors.opened === swaps && doors.shut === swaps
  return {
    figure:
      `${dropped} links dropped in ${swaps} swaps, ${load.failed} of ` +
      `${(load.answered + load.failed).toLocaleString('en')} calls failed, ` +
      `${doors.opened} let in by the new token, ${swaps - doors.shut} by the old`,
    verdict: verdictOf(isMet),
    values: { swaps, dropped, answered: load.answered, failed: load.failed, ...doors },
  }
}
