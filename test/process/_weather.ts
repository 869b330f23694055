// Children that talk with their parent through bad weather, and are cut off again and again.

import { BusNode } from '../../src/index.js'
import { settledResources } from '../prove/resources.js'
import { LossyProxy } from './_lossy-proxy.js'
import { EAGER, LOCAL, until } from './_process-node.js'

const PARENT = 1n
const CHILDREN = [0x11n, 0x12n, 0x13n, 0x14n]
const TOKENS = ['a token of the tree']
/** A link that says nothing is noticed in 3 s, a registration without answer in 1 s. */
const IMPATIENT = { pingIntervalMs: 1_000, limits: { registerMs: 1_000 }, retry: EAGER }
/** So long a flap waits for links that the weather keeps away. */
const PATIENCE_MS = 1_500

export interface Weather {
  readonly flaps: number
  readonly connections: number
  readonly lostPercent: number
  readonly sent: number
  readonly delivered: number
  readonly duplicates: number
  readonly outOfOrder: number
  /** Once the weather is fine: whether everybody is heard by everybody again. */
  readonly allBack: boolean
  readonly linksLeft: number
  readonly handlesMore: number
  readonly timersMore: number
}

/** How long is waited for those that the fine weather brings back, before it is called a fault. */
const BACK_MS = 60_000
/** The storm goes on until so many messages came through it. */
const DELIVERED_MIN = 1_000

/** Waits as long as that, whatever comes of it. */
async function within(ms: number, holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + ms
  await until(() => holds() || performance.now() > untilMs)
}

/** Numbered messages: what comes twice, and what comes before one that was sent earlier. */
class Ear {
  readonly #highest = new Map<string, number>()
  readonly #seen = new Set<string>()
  duplicates = 0
  outOfOrder = 0

  constructor(readonly nodes: readonly BusNode[]) {
    for (const node of nodes) {
      node.on('message', ({ from, text }) => this.#hear(`${from} ${node.id}`, Number(text)))
    }
  }

  get delivered(): number {
    return this.#seen.size
  }

  has(pair: string, number: number): boolean {
    return this.#seen.has(`${pair} ${number}`)
  }

  #hear(pair: string, number: number): void {
    const name = `${pair} ${number}`
    if (this.#seen.has(name)) this.duplicates++
    else if (number < (this.#highest.get(pair) ?? -1)) this.outOfOrder++
    this.#seen.add(name)
    this.#highest.set(pair, Math.max(number, this.#highest.get(pair) ?? -1))
  }
}

class Family {
  sent = 0
  #number = 0

  constructor(
    readonly parent: BusNode,
    readonly children: readonly BusNode[],
  ) {}

  /** Up, down, and from child to child; the same number for all of them. */
  talk(): number {
    const number = this.#number++
    for (const child of this.children) {
      this.#say(child, PARENT, number)
      this.#say(this.parent, child.id, number)
      for (const { id } of this.children) if (id !== child.id) this.#say(child, id, number)
    }
    return number
  }

  #say(from: BusNode, to: bigint, number: number): void {
    if (from.send(to, String(number)) === 'sent') this.sent++
  }

  get isWhole(): boolean {
    const { children, parent } = this
    if (parent.peers().length !== children.length) return false
    return children.every(
      (child) =>
        child.peers().length === 1 &&
        CHILDREN.every((id) => id === child.id || child.routes.has(id)),
    )
  }

  isHeard(ear: Ear, number: number): boolean {
    return this.children.every(
      ({ id }) =>
        ear.has(`${id} ${PARENT}`, number) &&
        ear.has(`${PARENT} ${id}`, number) &&
        this.children.every((other) => other.id === id || ear.has(`${id} ${other.id}`, number)),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.children.map((child) => child.close()))
  }
}

export async function flapInTheStorm(flaps: number, seed: number): Promise<Weather> {
  const parent = await BusNode.start({ id: PARENT, listen: [LOCAL], tokens: TOKENS, ...IMPATIENT })
  const proxy = await LossyProxy.to(parent.addresses[0]!, seed)
  const before = await settledResources()
  const options = { parent: proxy.address, tokens: TOKENS, siblings: false, ...IMPATIENT }
  const children = await Promise.all(CHILDREN.map((id) => BusNode.start({ id, ...options })))
  const family = new Family(parent, children)
  const ear = new Ear([parent, ...children])
  for (let flap = 0; flap < flaps || ear.delivered <= DELIVERED_MIN; flap++) {
    await within(PATIENCE_MS, () => family.isWhole)
    // Cut in the middle of what is said, and now and then behind it.
    for (let burst = 0; burst <= flap % 4; burst++) {
      for (let messages = 0; messages < 5; messages++) family.talk()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    proxy.cut('reset', 'close')
  }
  const { connections, lost } = proxy
  proxy.storms = false
  proxy.cut('reset', 'close')
  // What is said before the last cut is noticed may be lost with it: it is said again then.
  let last = family.talk()
  for (let tries = 0; tries < BACK_MS / PATIENCE_MS && !family.isHeard(ear, last); tries++) {
    await within(PATIENCE_MS, () => family.isWhole)
    last = family.talk()
    const said = last
    await within(PATIENCE_MS, () => family.isHeard(ear, said))
  }
  await within(BACK_MS, () => family.isWhole)
  const linksLeft = parent.peers().length - children.length
  await family.close()
  await until(() => proxy.open === 0 && parent.peers().length === 0)
  const after = await settledResources()
  await parent.close()
  await proxy.close()
  return {
    flaps,
    connections,
    lostPercent: Math.round((100 * lost) / connections),
    sent: family.sent,
    delivered: ear.delivered,
    duplicates: ear.duplicates,
    outOfOrder: ear.outOfOrder,
    allBack: family.isHeard(ear, last),
    linksLeft,
    // Fewer: of whoever was before us in this process the last had not gone yet.
    handlesMore: Math.max(0, after.handles - before.handles),
    timersMore: Math.max(0, after.timers - before.timers),
  }
}
