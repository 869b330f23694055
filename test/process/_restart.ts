// A tree of processes in which one that has others below it is killed and started anew.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RouteDown } from './_lost-leaf.js'
import { EAGER, type Processes, type ProcessNode, sleep, until } from './_process-node.js'

/** Of a route_down that a process told, though the node that it names had stayed. */
export interface Loss {
  readonly at: bigint
  readonly id: bigint
  readonly reason: string
}

export interface Restart {
  /** Who lost sight of a node that was there all the time. */
  readonly losses: Loss[]
  /** From the kill until every table was whole again. */
  readonly wholeMs: number
  /** How often processes lost the link to a parent: shows that there was something to survive. */
  readonly linksLost: number
}

/** Child and parent, from the root down. */
const TREE: readonly (readonly [bigint, bigint])[] = [
  [0x1n, 0n],
  [0x10n, 0x1n],
  [0x20n, 0x1n],
  [0x100n, 0x10n],
  [0x200n, 0x20n],
  [0x1000n, 0x100n],
]

export const RESTARTED_ROOT = 0x1n
export const RESTARTED_BRANCH = 0x10n
const BELOW_BRANCH: readonly bigint[] = [0x100n, 0x1000n]

export class RestartTree {
  readonly #all: Processes
  /** Paths are nobody else's while their process is away; a port may be taken by then. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'treebus-'))
  readonly #limits: { readonly routeGraceMs?: number }
  readonly #nodes = new Map<bigint, ProcessNode>()

  /** `routeGraceMs`: where not that of the product. */
  constructor(all: Processes, limits: { readonly routeGraceMs?: number } = {}) {
    this.#all = all
    this.#limits = limits
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }))
  }

  async grow(): Promise<void> {
    for (const [id, parent] of TREE)
      await this.#start(id, parent, [`unix://${join(this.#folder, `${id}.sock`)}`])
    await this.#whole()
  }

  async #start(id: bigint, parent: bigint, listen: readonly string[]): Promise<void> {
    const above = this.#nodes.get(parent)
    const wish = above === undefined ? {} : { parent: above.addresses }
    const options = { id, listen: [...listen], retry: EAGER, limits: this.#limits, ...wish }
    const node = await this.#all.start(options)
    await node.order('watchRoutes')
    this.#nodes.set(id, node)
  }

  async #whole(): Promise<void> {
    for (const [own, node] of this.#nodes) {
      const others = [...this.#nodes.keys()].filter((id) => id !== own)
      await until(async () => sameIds(await node.order<bigint[]>('routes'), others))
    }
  }

  /** `restMs`: how long it is watched for what comes late. */
  async restart(id: bigint, restMs: number): Promise<Restart> {
    const node = this.#nodes.get(id)!
    const stayed = [...this.#nodes].filter(([other]) => other !== id)
    const from = new Map(stayed.map(([other, { told }]) => [other, told.length]))
    const startMs = performance.now()
    node.signal('SIGKILL')
    await node.exited
    const above = TREE.find(([child]) => child === id)?.[1] ?? 0n
    await this.#start(id, above, node.addresses)
    await this.#whole()
    const wholeMs = performance.now() - startMs
    await sleep(restMs)
    await this.#whole()
    const told = stayed.flatMap(([at, one]) =>
      one.told.slice(from.get(at)).map((word) => ({ at, ...word })),
    )
    const losses = told.flatMap(({ at, told: name, detail }) => {
      const down = detail as RouteDown
      return name === 'route_down' && down.id !== id
        ? [{ at, id: down.id, reason: down.reason }]
        : []
    })
    return { losses, wholeMs, linksLost: told.filter((one) => one.told === 'link_down').length }
  }
}

/** What was lost by those below the branch: its restart is to cost them nobody who stayed. */
export function belowBranch(losses: readonly Loss[]): Loss[] {
  return losses.filter(({ at }) => BELOW_BRANCH.includes(at))
}

function sameIds(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && b.every((id) => a.includes(id))
}
