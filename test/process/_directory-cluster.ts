// A tree of real processes with a directory: a hub, registries and services below it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { FlowCounts, PlainDirectoryOptions } from './_directory-program.js'
import { EAGER, Processes, ProcessNode } from './_process-node.js'

const PROGRAM = fileURLToPath(new URL('./_directory-program.js', import.meta.url))

export const HUB = 0x1n
export const REGISTRIES = [0x10n, 0x11n, 0x12n] as const
export const SERVICES = [0x101n, 0x102n, 0x103n, 0x104n] as const

/** Registries restart often here; services find each other's as fast as in earnest. */
const REGISTRY_TIMES = { warmUpMs: 500, compareMs: 1_000 }

export class DirectoryCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'treebus-'))
  readonly processes = new Processes()
  readonly nodes = new Map<bigint, ProcessNode>()
  readonly #listens = new Set<bigint>()
  readonly #registries: readonly bigint[]

  constructor(t: ExecutionContext, registries: readonly bigint[] = REGISTRIES) {
    this.#registries = registries
    t.teardown(async () => {
      await this.processes.end()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  address(id: bigint): string {
    return `unix://${this.folder}/${id.toString(16)}.sock`
  }

  node(id: bigint): ProcessNode {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`no process 0x${id.toString(16)}`)
    return node
  }

  async start(id: bigint, options: PlainDirectoryOptions, listen = false): Promise<ProcessNode> {
    const node = this.processes.adopt(new ProcessNode({}, [], PROGRAM))
    this.nodes.set(id, node)
    if (listen) this.#listens.add(id)
    const parent = id === HUB ? [] : [this.address(HUB)]
    const addresses = this.#listens.has(id) ? [this.address(id)] : []
    await node.order('start', { id, parent, listen: addresses, retry: EAGER }, options)
    return node
  }

  hub(): Promise<ProcessNode> {
    return this.start(HUB, { register: false }, true)
  }

  registry(id: bigint): Promise<ProcessNode> {
    const registries = this.#registries.map((one) => this.address(one))
    return this.start(id, { registries, registry: { times: REGISTRY_TIMES } }, true)
  }

  service(id: bigint, changes: PlainDirectoryOptions = {}): Promise<ProcessNode> {
    const registries = this.#registries.map((one) => this.address(one))
    return this.start(id, { registries, offer: { services: [{ app: 'load' }] }, ...changes })
  }

  /** Everything up, and every service in every list. */
  async assemble(services: readonly bigint[] = SERVICES): Promise<void> {
    await this.hub()
    await Promise.all(this.#registries.map((id) => this.registry(id)))
    await Promise.all(services.map((id) => this.service(id)))
    await Promise.all(services.map((id) => this.sees(id, services)))
    await Promise.all(this.#registries.map((id) => this.sees(id, services)))
  }

  /** Until the list of one shows all of these. */
  async sees(id: bigint, services: readonly bigint[]): Promise<void> {
    const missing = new Set(services.filter((service) => service !== id))
    const node = this.node(id)
    const shown = await node.order<bigint[]>('services', 'load')
    for (const service of shown) missing.delete(service)
    for (const service of missing) {
      await node.hear<{ id: bigint; app: string }>('up', (up) => {
        return up.id === service && up.app === 'load'
      })
    }
  }

  async kill(id: bigint): Promise<void> {
    await this.node(id).end()
    this.nodes.delete(id)
  }

  /** Services that went down in the lists of these, registries not counted. */
  losses(ids: readonly bigint[]): string[] {
    return ids.flatMap((id) => {
      const downs = this.node(id).told.filter(({ told }) => told === 'down')
      const details = downs.map(
        ({ detail }) => detail as { id: bigint; app: string; reason: string },
      )
      const lost = details.filter(({ app }) => app === 'load')
      return lost.map((one) => `${id.toString(16)} lost ${one.id.toString(16)}: ${one.reason}`)
    })
  }

  async flows(ids: readonly bigint[]): Promise<FlowCounts> {
    const all = await Promise.all(ids.map((id) => this.node(id).order<FlowCounts>('flow')))
    const sum = { sent: 0, received: 0, undelivered: 0, otherwise: {} as Record<string, number> }
    for (const one of all) {
      sum.sent += one.sent
      sum.received += one.received
      sum.undelivered += one.undelivered
      for (const [outcome, count] of Object.entries(one.otherwise)) {
        sum.otherwise[outcome] = (sum.otherwise[outcome] ?? 0) + count
      }
    }
    return sum
  }
}
