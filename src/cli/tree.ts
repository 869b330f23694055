// `treebus tree`: the tree as the routing table of a visitor knows it.

import { formatId, type RouteInfo } from '../index.js'
import { EXIT } from './exit-code.js'
import { withWholeTable } from './routes.js'
import { parentOf } from './rows.js'
import { placedInTree } from './tree-text.js'
import type { Visit } from './visit.js'

export function tree(visit: Visit): Promise<number> {
  return withWholeTable(visit, async () => {
    const { node, output, parent } = visit
    // The own id is not in the table: who looks does not see itself.
    for (const { entry, depth, branch } of placedInTree(node.routes)) {
      const { stale } = entry
      const isVisited = entry.id === parent
      if (output.isJson) {
        const id = formatId(entry.id)
        output.tell('tree_node', { id, parent: parentOf(entry), depth, stale, visited: isVisited })
      } else output.print(`${branch}${formatId(entry.id)}${marksOf(entry, isVisited)}`)
    }
    return EXIT.ok
  })
}

function marksOf({ stale }: RouteInfo, isVisited: boolean): string {
  return `${isVisited ? ' (visited)' : ''}${stale ? ' (stale)' : ''}`
}
