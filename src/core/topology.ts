// Who is whose parent, as far as this process was told (spec D.1). Nothing here is distributed.

/** Relations in the words of the family's wire documentation, numbered as there. */
export const RELATIONS = {
  invalid: 0,
  self: 1,
  immediate_upstream: 2,
  transitive_upstream: 3,
  immediate_downstream: 4,
  transitive_downstream: 5,
  same_upstream: 6,
  other_upstream: 7,
} as const

export type Relation = keyof typeof RELATIONS

export interface PeerData {
  readonly pid?: number
  readonly hostname?: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface TopologyPeer {
  readonly id: bigint
  /** 0 for a root, or where it is not known. */
  readonly parent: bigint
  readonly data: PeerData
}

interface Entry {
  readonly id: bigint
  parent: Entry | undefined
  readonly children: Set<Entry>
  data: PeerData
  /**
   * Told to us by name, not only as somebody's parent: such an entry stays when its children go.
   */
  proactive: boolean
}

export interface PolicyRule {
  readonly sameProcess?: boolean
  readonly sameHost?: boolean
  /** The target must carry each label with one of these values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
}

export class Topology {
  readonly #entries = new Map<bigint, Entry>()
  /** Raised by every change of who is whose parent. */
  version = 0

  get size(): number {
    return this.#entries.size
  }

  get(id: bigint): TopologyPeer | undefined {
    const entry = this.#entries.get(id)
    return entry && { id, parent: entry.parent?.id ?? 0n, data: entry.data }
  }

  /**
   * False, and nothing changed, for id 0, for a parent that is the node itself, and for a circle.
   */
  update(id: bigint, parent: bigint, data?: PeerData): boolean {
    if (id === 0n || id === parent || this.#wouldCircle(id, parent)) return false
    const entry = this.#entryOf(id)
    entry.proactive = true
    if (data !== undefined) entry.data = data
    const next = parent === 0n ? undefined : this.#entryOf(parent)
    if (entry.parent !== next) this.#attach(entry, next)
    return true
  }

  /** Forgets a node; where it still has children it stays as their parent only. */
  remove(id: bigint): boolean {
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    entry.proactive = false
    this.#attach(entry, undefined)
    this.#eraseIfUnused(entry)
    return true
  }

  relation(from: bigint, to: bigint): { relation: Relation; nextHop: bigint } {
    const source = this.#entries.get(from)
    const target = this.#entries.get(to)
    if (source === undefined || target === undefined) return { relation: 'invalid', nextHop: 0n }
    const parent = source.parent
    if (source === target) return { relation: 'self', nextHop: to }
    if (parent === target) return { relation: 'immediate_upstream', nextHop: to }
    if (target.parent === source) return { relation: 'immediate_downstream', nextHop: to }
    if (parent !== undefined && parent === target.parent) {
      return { relation: 'same_upstream', nextHop: parent.id }
    }
    if (parent !== undefined && isAncestor(target, source)) {
      return { relation: 'transitive_upstream', nextHop: parent.id }
    }
    const child = childTowards(source, target)
    if (child !== undefined) return { relation: 'transitive_downstream', nextHop: child.id }
    return { relation: 'other_upstream', nextHop: parent?.id ?? to }
  }

  /** The parents above a node, nearest first. */
  *ancestors(id: bigint): IterableIterator<bigint> {
    let entry = this.#entries.get(id)?.parent
    for (; entry !== undefined; entry = entry.parent) yield entry.id
  }

  children(id: bigint): bigint[] {
    return [...(this.#entries.get(id)?.children ?? [])].map((child) => child.id)
  }

  *[Symbol.iterator](): IterableIterator<TopologyPeer> {
    for (const entry of this.#entries.values()) {
      yield { id: entry.id, parent: entry.parent?.id ?? 0n, data: entry.data }
    }
  }

  /** Whether `to` satisfies a rule as seen from `from` (spec D.1, check_policy). */
  allows(rule: PolicyRule, from: bigint, to: bigint): boolean {
    const source = this.#entries.get(from)?.data
    const target = this.#entries.get(to)?.data
    if (source === undefined || target === undefined) return false
    const sameHost = source.hostname !== undefined && source.hostname === target.hostname
    if ((rule.sameHost || rule.sameProcess) && !sameHost) return false
    if (rule.sameProcess && source.pid !== target.pid) return false
    return Object.entries(rule.labels ?? {}).every(([key, values]) => {
      const value = target.labels?.[key]
      return value !== undefined && values.includes(value)
    })
  }

  #wouldCircle(id: bigint, parent: bigint): boolean {
    for (const above of this.ancestors(parent)) if (above === id) return true
    return false
  }

  #entryOf(id: bigint): Entry {
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      entry = { id, parent: undefined, children: new Set(), data: {}, proactive: false }
      this.#entries.set(id, entry)
    }
    return entry
  }

  #attach(entry: Entry, parent: Entry | undefined): void {
    this.version++
    const old = entry.parent
    old?.children.delete(entry)
    entry.parent = parent
    parent?.children.add(entry)
    if (old !== undefined) this.#eraseIfUnused(old)
  }

  #eraseIfUnused(entry: Entry): void {
    if (entry.proactive || entry.children.size > 0) return
    this.version++
    this.#entries.delete(entry.id)
    if (entry.parent !== undefined) this.#attach(entry, undefined)
  }
}

function isAncestor(above: Entry, below: Entry): boolean {
  for (let entry = below.parent; entry !== undefined; entry = entry.parent) {
    if (entry === above) return true
  }
  return false
}

/** The child of `above` on the way down to `below`. */
function childTowards(above: Entry, below: Entry): Entry | undefined {
  let entry: Entry | undefined = below
  while (entry !== undefined && entry.parent !== above) entry = entry.parent
  return entry
}
