// The demo's processes together: started from the root down, ended from the leaves up.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NodeEvent, NodeProcess } from './node-process.js'
import { drawTree, PLAN, type PlannedNode } from './plan.js'

const KINDS = ['root', 'branch', 'leaf'] as const

export class Tree {
  readonly #nodes = new Map<string, NodeProcess>()
  readonly #addresses = new Map<string, string>()
  readonly #directory = mkdtempSync(join(tmpdir(), 'treebus-demo-'))
  readonly #onEvent: (id: string, event: NodeEvent) => void
  readonly #environment: NodeJS.ProcessEnv

  constructor(onEvent: (id: string, event: NodeEvent) => void) {
    this.#onEvent = onEvent
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TREEBUS_'))
    this.#environment = {
      ...Object.fromEntries(inherited),
      // Not as an argument: those can be read by everyone on the machine.
      TREEBUS_TOKEN: randomBytes(16).toString('hex'),
      TREEBUS_KEY_EXCHANGE: 'x25519',
    }
  }

  /**
   * Resolves when every node has its link to its parent, and every leaf knows the others: nobody
   * has told them but the tree itself.
   */
  async start(): Promise<void> {
    for (const kind of KINDS) {
      const generation = PLAN.filter((node) => node.kind === kind)
      await Promise.all(generation.map((node) => this.#startNode(node)))
    }
  }

  node(id: string): NodeProcess {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  draw(): string[] {
    return drawTree(({ id }) => {
      const address = this.#addresses.get(id)
      return `pid ${this.node(id).pid}${address === undefined ? '' : `  ${address}`}`
    })
  }

  /** Leaves first, so that nobody loses a parent. Resolves with the ids that did not end well. */
  async stop(): Promise<string[]> {
    const bad: string[] = []
    for (const kind of [...KINDS].reverse()) {
      const generation = PLAN.filter((node) => node.kind === kind)
      const living = generation.map(({ id }) => this.node(id)).filter(({ isOver }) => !isOver)
      const ends = await Promise.all(living.map((node) => node.quit()))
      ends.forEach((end, index) => {
        if (end !== 0) bad.push(living[index]!.id)
      })
    }
    return bad
  }

  /** Whatever happened: no process and no file stays. */
  abandon(): void {
    for (const node of this.#nodes.values()) node.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #startNode(planned: PlannedNode): Promise<void> {
    const { id } = planned
    const node = new NodeProcess(id, this.#argumentsFor(planned), {
      environment: this.#environment,
      onEvent: (event) => this.#onEvent(id, event),
    })
    this.#nodes.set(id, node)
    const isParentUp = ({ event, role }: NodeEvent) => event === 'link_up' && role === 'parent'
    const waits = [node.untilEvent('ready')]
    if (planned.parent !== '') waits.push(node.until('link to its parent', isParentUp))
    if (planned.kind === 'leaf')
      waits.push(...leavesBut(id).map((other) => untilRoute(node, other)))
    const [ready] = await Promise.all(waits)
    const listen = ready?.['listen']
    if (Array.isArray(listen) && listen.length > 0) this.#addresses.set(id, String(listen[0]))
  }

  #argumentsFor({ id, parent, listens }: PlannedNode): string[] {
    const args = ['--routes', '--id', id]
    if (parent !== '') args.push('--parent', this.#addresses.get(parent) ?? '')
    if (listens === 'tcp') args.push('--listen', 'tcp://127.0.0.1:0')
    if (listens === 'unix') args.push('--listen', `unix://${join(this.#directory, `${id}.sock`)}`)
    return args
  }
}

function leavesBut(id: string): string[] {
  return PLAN.filter((node) => node.kind === 'leaf' && node.id !== id).map((node) => node.id)
}

function untilRoute(node: NodeProcess, to: string): Promise<NodeEvent> {
  return node.until(`route to ${to}`, ({ event, id }) => event === 'route_up' && id === to)
}
