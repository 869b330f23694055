// The tree of the demo: a root, two branches, four leaves, and who sends to whom.

export interface PlannedNode {
  readonly id: string
  readonly kind: 'root' | 'branch' | 'leaf'
  /** Empty for the root. */
  readonly parent: string
  /** What carries its links to its children; none for a leaf. */
  readonly listens?: 'tcp' | 'unix'
}

/** Parents before their children. */
export const PLAN: readonly PlannedNode[] = [
  { id: '0x1', kind: 'root', parent: '', listens: 'tcp' },
  { id: '0x10', kind: 'branch', parent: '0x1', listens: 'tcp' },
  { id: '0x20', kind: 'branch', parent: '0x1', listens: 'unix' },
  { id: '0x11', kind: 'leaf', parent: '0x10' },
  { id: '0x12', kind: 'leaf', parent: '0x10' },
  { id: '0x21', kind: 'leaf', parent: '0x20' },
  { id: '0x22', kind: 'leaf', parent: '0x20' },
]

/** Each pair lies across the tree: leaf, branch, root, branch, leaf. */
export const PAIRS: readonly { readonly from: string; readonly to: string }[] = [
  { from: '0x11', to: '0x21' },
  { from: '0x12', to: '0x22' },
  { from: '0x21', to: '0x12' },
  { from: '0x22', to: '0x11' },
]

/** The leaf that is killed, and one at the other side that sends to it afterwards. */
export const VICTIM = '0x12'
export const MOURNER = '0x21'

/** The tree as lines; `note` adds what is known of a node. */
export function drawTree(note: (node: PlannedNode) => string): string[] {
  const draw = (node: PlannedNode, branch: string, below: string): string[] => {
    const children = PLAN.filter(({ parent }) => parent === node.id)
    const label = `${branch}${node.id} ${node.kind}`.padEnd(22)
    const lines = children.flatMap((child, index) => {
      const isLast = index === children.length - 1
      const [corner, rail] = isLast ? ['└── ', '    '] : ['├── ', '│   ']
      return draw(child, below + corner, below + rail)
    })
    return [`${label}${note(node)}`, ...lines]
  }
  return draw(PLAN[0]!, '', '')
}
