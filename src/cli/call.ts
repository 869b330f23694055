// `treebus call`: asks one service of a type and prints its answer.

import { Cluster, Directory, type DirectoryOptions, errorOf, formatId } from '../index.js'
import { EXIT } from './exit-code.js'
import { jsonLine } from './printable.js'
import { hasList } from './services.js'
import type { Visit } from './visit.js'

export interface CallPlan {
  readonly type: string
  readonly name: string
  readonly request: unknown
  readonly options: DirectoryOptions
}

export async function call(visit: Visit, { type, name, request, options }: CallPlan) {
  const { node, output, signal, timeoutMs } = visit
  const directory = await Directory.start(node, options)
  if (!(await hasList(visit, directory))) return EXIT.failed
  await using cluster = Cluster.over(directory)
  const outcome = await cluster.call(type, name, request, { timeoutMs, signal })
  if (outcome.kind !== 'ok') {
    const { kind, says } = outcome
    const code = outcome.kind === 'application' ? outcome.code : errorOf(outcome).code
    output.tell('error', { detail: `${kind} ${code}: ${says}` })
    return EXIT.failed
  }
  const { value } = outcome
  const row = { event: 'answer', node: formatId(outcome.node), value }
  output.print(jsonLine(output.isJson ? row : (value ?? null)))
  return EXIT.ok
}
