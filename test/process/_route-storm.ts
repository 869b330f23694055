// A tree of processes that join and are killed at random, and what their tables say afterwards.

import type { LinkInfo } from '../../src/index.js'
import { atRest, LOCAL, type Processes, type ProcessNode, sleep, until } from './_process-node.js'

const ROOT = 1n
/** Every so many members one may have others below it. */
const BRANCH_EVERY = 4
/** And one of them, a leaf where it came first, lives through it all: it shows what is kept. */
const WITNESS = 2
const RETRY = { firstMs: 20, maxMs: 500, refusedMinMs: 20, refusedMaxMs: 500 }
/** Sockets that end, and links that move to shared memory, take a few turns of the loop. */
const REST_MS = 2_000
/** The rope of the other end's doorbell, beside the socket. */
const RING_FILES = 1
/** Tables that are wrong after this long stay so, and are shown as they are. */
const PATIENCE_MS = 120_000

export interface StormWish {
  readonly processes: number
  readonly stormMs: number
  readonly everyMs: number
  readonly seed: number
}

export interface Used {
  /** Open files that are not links. */
  readonly files: number
  readonly rssBytes: number
}

export interface RouteStorm {
  readonly kills: number
  readonly joins: number
  /** From the last change until all tables were equal. */
  readonly equalMs: number
  readonly live: number
  /** What the tables lack, or have though it is dead, once they were given time. */
  readonly wrong: string[]
  /** Of those that lived through it, before and after. */
  readonly used: readonly { readonly id: bigint; readonly before: Used; readonly after: Used }[]
}

interface Member {
  readonly id: bigint
  readonly node: ProcessNode
  readonly isBranch: boolean
  readonly isMortal: boolean
}

/** The same choices for the same seed; when they fall is up to the machine. */
function choices(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** A socket each, and in shared memory the rope of the other end's doorbell. */
function filesOf(links: readonly LinkInfo[]): number {
  const rings = links.filter(({ channel }) => channel === 'ring').length
  return links.length + RING_FILES * rings
}

class StormTree {
  readonly #all: Processes
  readonly #below: (limit: number) => number
  readonly members = new Map<bigint, Member>()
  #next = ROOT
  kills = 0
  joins = 0

  constructor(all: Processes, seed: number) {
    this.#all = all
    this.#below = choices(seed)
  }

  /** Below a branch, or where that is gone below the root. */
  async join(isFirst = false): Promise<void> {
    const id = this.#next++
    const branches = [...this.members.values()].filter(({ isBranch }) => isBranch)
    const above = branches[this.#below(branches.length)]
    const root = this.members.get(ROOT)
    const parents = [above, root].flatMap((member) => member?.node.addresses.slice(0, 1) ?? [])
    const isBranch = Number(id) % BRANCH_EVERY === 1
    const listen = [LOCAL]
    const node = await this.#all.start({ id, listen, retry: RETRY, parent: parents })
    const isWitness = isFirst && Number(id) % BRANCH_EVERY === WITNESS
    this.members.set(id, { id, node, isBranch, isMortal: id !== ROOT && !isWitness })
    this.joins++
  }

  async kill(): Promise<void> {
    const mortal = [...this.members.values()].filter(({ isMortal }) => isMortal)
    const victim = mortal[this.#below(mortal.length)]
    if (victim === undefined) return
    this.members.delete(victim.id)
    this.kills++
    await victim.node.end()
  }

  async change(processes: number): Promise<void> {
    const isFew = this.members.size < (processes * 3) / 4
    const isMany = this.members.size >= processes
    if (isFew || (!isMany && this.#below(2) === 0)) await this.join()
    else await this.kill()
  }

  /** What differs from the truth: who lives. */
  async wrong(): Promise<string[]> {
    const truth = [...this.members.keys()]
    const found = await Promise.all(
      truth.map(async (own) => {
        const known = await this.members.get(own)!.node.order<bigint[]>('routes')
        const missing = truth.filter((id) => id !== own && !known.includes(id))
        const dead = known.filter((id) => !this.members.has(id))
        return [
          ...missing.map((id) => `${own} lacks ${id}`),
          ...dead.map((id) => `${own} has ${id}`),
        ]
      }),
    )
    return found.flat()
  }

  async files(): Promise<number[]> {
    return [...(await this.used()).values()].map(({ files }) => files)
  }

  /** Whether one that is there all the time has other files open than it had. */
  keeps(before: ReadonlyMap<bigint, Used>, after: ReadonlyMap<bigint, Used>): boolean {
    return [...after].some(([id, { files }]) => files !== (before.get(id)?.files ?? files))
  }

  async used(): Promise<Map<bigint, Used>> {
    const all = [...this.members].map(async ([id, { node }]): Promise<[bigint, Used]> => {
      const { files, rssBytes } = await node.order<Used>('resources')
      const peers = await node.order<LinkInfo[]>('peers')
      return [id, { files: files - filesOf(peers), rssBytes }]
    })
    return new Map(await Promise.all(all))
  }
}

export async function routeStorm(all: Processes, wish: StormWish): Promise<RouteStorm> {
  const tree = new StormTree(all, wish.seed)
  while (tree.members.size < wish.processes) await tree.join(true)
  await until(async () => (await tree.wrong()).length === 0)
  await sleep(REST_MS)
  await atRest(() => tree.files())
  const before = await tree.used()
  const joined = tree.joins
  const endMs = performance.now() + wish.stormMs
  while (performance.now() < endMs) {
    await Promise.all([tree.change(wish.processes), sleep(wish.everyMs)])
  }
  while (tree.members.size < wish.processes) await tree.join()
  const stoppedMs = performance.now()
  const isLate = () => performance.now() - stoppedMs > PATIENCE_MS
  await until(async () => isLate() || (await tree.wrong()).length === 0)
  const equalMs = performance.now() - stoppedMs
  await sleep(REST_MS)
  await until(async () => isLate() || !tree.keeps(before, await tree.used()))
  const after = await tree.used()
  return {
    kills: tree.kills,
    joins: tree.joins - joined,
    equalMs,
    live: tree.members.size,
    wrong: await tree.wrong(),
    used: [...before].flatMap(([id, used]) => {
      const now = after.get(id)
      return now === undefined ? [] : [{ id, before: used, after: now }]
    }),
  }
}
