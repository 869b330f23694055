// The routing table as its page states it: plain objects, everything computed anew.

import type { LinkRole } from '../../../src/core/effects.js'

export interface ModelRow {
  readonly set: ModelSet
  readonly low: number
  life: number
  attach: number
  hops: number
}

export interface ModelSet {
  readonly number: number
  readonly role: LinkRole
  dead: boolean
}

const RANKS = { child: 0, sibling: 1, parent: 2 } as const

export class TableModel {
  /** By id, in the order in which their present lives came. */
  readonly #chains = new Map<number, ModelRow[]>()

  chain(low: number): readonly ModelRow[] {
    return this.#chains.get(low) ?? []
  }

  learn(row: ModelRow): void {
    const chain = this.#chains.get(row.low) ?? []
    this.#chains.set(row.low, chain)
    const at = chain.findIndex(({ set }) => set === row.set)
    if (at < 0) chain.push(row)
    else if (chain[at]?.life === row.life) chain[at] = row
    else chain.push(...chain.splice(at, 1).map(() => row))
  }

  unlearn(set: ModelSet, low: number): void {
    this.#chains.set(
      low,
      this.chain(low).filter((row) => row.set !== set),
    )
  }

  forget(set: ModelSet): void {
    for (const low of this.#chains.keys()) this.unlearn(set, low)
  }

  get size(): number {
    return [...this.#chains.values()].filter(({ length }) => length > 0).length
  }

  /** The records that count: of the incumbent's life, with its highest attach. */
  shown(low: number): ModelRow[] {
    const alive = this.chain(low).filter(({ set }) => !set.dead)
    const first = alive.find(({ life }) => life !== 0) ?? alive[0]
    const same = alive.filter(({ life }) => life === first?.life)
    const attach = Math.max(...same.map((row) => row.attach))
    return same.filter((row) => row.attach === attach)
  }

  best(low: number, down: boolean): ModelRow | undefined {
    return bestOf(this.shown(low).filter(({ set }) => !down || set.role === 'child'))
  }

  shownTo(viewer: ModelSet, low: number): ModelRow | undefined {
    const up = viewer.role !== 'child'
    return bestOf(
      this.shown(low).filter(({ set }) => set !== viewer && (!up || set.role === 'child')),
    )
  }
}

function bestOf(rows: readonly ModelRow[]): ModelRow | undefined {
  const order = (a: ModelRow, b: ModelRow): number =>
    RANKS[a.set.role] - RANKS[b.set.role] || a.hops - b.hops || a.set.number - b.set.number
  return rows.toSorted(order)[0]
}
