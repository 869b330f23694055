// The processes of the directory's demo: started, killed, started again, and ended.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Actor, REGISTRY_ACTORS } from './directory-plan.js'
import type { Lists } from './lists.js'
import { NodeProcess } from './node-process.js'

/** A registry alone would wait for a minute; those of a demo have each other. */
const WARM_UP = '2s'
const TOGETHER = 4

export class Cast {
  readonly #processes = new Map<string, NodeProcess>()
  readonly #directory = mkdtempSync(join(tmpdir(), 'treebus-demo-'))
  readonly #lists: Lists
  readonly #environment: NodeJS.ProcessEnv

  constructor(lists: Lists) {
    this.#lists = lists
    writeFileSync(this.#bootstrap, REGISTRY_ACTORS.map(({ id }) => this.#socket(id)).join('\n'))
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TREEBUS_'))
    this.#environment = {
      ...Object.fromEntries(inherited),
      TREEBUS_TOKEN: randomBytes(16).toString('hex'),
    }
  }

  get size(): number {
    return this.#processes.size
  }

  async start(actor: Actor): Promise<NodeProcess> {
    const { id, kind } = actor
    if (kind !== 'hub') this.#lists.begin(id)
    const node = new NodeProcess(id, this.#argumentsFor(actor), {
      environment: this.#environment,
      verb: kind === 'registry' ? 'registry' : 'run',
      onEvent: (event) => this.#lists.told(id, event),
    })
    this.#processes.set(id, node)
    await node.untilEvent('ready')
    return node
  }

  /** A few at a time: a process takes most of its time and a processor to begin. */
  async startAll(actors: readonly Actor[]): Promise<void> {
    for (let at = 0; at < actors.length; at += TOGETHER) {
      await Promise.all(actors.slice(at, at + TOGETHER).map((actor) => this.start(actor)))
    }
  }

  /** As a crash: nobody is told. */
  async kill(id: string): Promise<void> {
    const node = this.#processes.get(id)
    this.#processes.delete(id)
    this.#lists.end(id)
    node?.kill()
    await node?.exited
  }

  /** The last first. Resolves with the ids that did not end well. */
  async stop(): Promise<string[]> {
    const bad: string[] = []
    const all = [...this.#processes.values()].reverse()
    const isHub = ({ id }: NodeProcess): boolean => id.length === 3
    for (const part of [all.filter((node) => !isHub(node)), all.filter(isHub)]) {
      const ends = await Promise.all(part.map((node) => node.quit()))
      ends.forEach((end, index) => {
        if (end !== 0) bad.push(part[index]?.id ?? '')
      })
    }
    return bad
  }

  /** Whatever happened: no process and no file stays. */
  abandon(): void {
    for (const node of this.#processes.values()) node.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #bootstrap(): string {
    return join(this.#directory, 'registries')
  }

  #socket(id: string): string {
    return `unix://${join(this.#directory, `${id}.sock`)}`
  }

  #argumentsFor({ id, kind, parent, zone, app }: Actor): string[] {
    const args = ['--id', id]
    if (parent !== '') args.push('--parent', this.#socket(parent))
    if (kind !== 'service') args.push('--listen', this.#socket(id))
    if (kind !== 'hub') args.push('--zone', zone, '--bootstrap', `file:${this.#bootstrap}`)
    if (kind === 'registry') args.push('--warm-up', WARM_UP)
    if (kind === 'service') args.push('--service', app)
    return args
  }
}
