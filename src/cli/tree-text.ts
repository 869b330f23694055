// Draws the tree that a table of routes knows of, from who is attached to whom.

export interface TreeEntry {
  readonly id: bigint
  /** 0 where it is not known, and for a root. */
  readonly parent: bigint
}

export interface Placed<T extends TreeEntry> {
  readonly entry: T
  /** 0 for what stands at the top. */
  readonly depth: number
  /** What stands before the id on its line. */
  readonly branch: string
}

/**
 * Every entry once, parents before their children and ids in order. What has no parent among the
 * entries stands at the top. Entries that name each other in a circle, as two that are told of at
 * different times may, are cut open at the smallest id: nothing that is known is left out.
 */
export function* placedInTree<T extends TreeEntry>(entries: Iterable<T>): Generator<Placed<T>> {
  const sorted = [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const known = new Set(sorted.map(({ id }) => id))
  const tops = sorted.filter(({ id, parent }) => !known.has(parent) || parent === id)
  const children = childrenOf(sorted)
  const seen = new Set<bigint>()
  for (const top of [...tops, ...sorted]) {
    if (!seen.has(top.id)) yield* placedBelow(top, children, seen)
  }
}

function childrenOf<T extends TreeEntry>(sorted: readonly T[]): Map<bigint, T[]> {
  const children = new Map<bigint, T[]>()
  for (const entry of sorted) {
    const siblings = children.get(entry.parent)
    if (siblings === undefined) children.set(entry.parent, [entry])
    else siblings.push(entry)
  }
  return children
}

interface Open<T extends TreeEntry> extends Placed<T> {
  /** What stands before the branches of its children. */
  readonly rail: string
}

/** A chain may be as deep as the table is long: no recursion. */
function* placedBelow<T extends TreeEntry>(
  top: T,
  children: ReadonlyMap<bigint, readonly T[]>,
  seen: Set<bigint>,
): Generator<Placed<T>> {
  seen.add(top.id)
  const open: Open<T>[] = [{ entry: top, depth: 0, branch: '', rail: '' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { entry, depth, branch, rail } = next
    yield { entry, depth, branch }
    const below = (children.get(entry.id) ?? []).filter(({ id }) => !seen.has(id))
    for (const [index, child] of below.toReversed().entries()) {
      seen.add(child.id)
      const [corner, line] = index === 0 ? ['└─ ', '   '] : ['├─ ', '│  ']
      open.push({ entry: child, depth: depth + 1, branch: rail + corner, rail: rail + line })
    }
  }
}
