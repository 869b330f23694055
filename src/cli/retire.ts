// `treebus retire`: takes one life of a node out of service.

import { BusError, Directory, type DirectoryOptions, formatId, RESULT } from '../index.js'
import { EXIT } from './exit-code.js'
import { failureRow } from './rows.js'
import { hasList } from './services.js'
import type { Visit } from './visit.js'

export interface RetirePlan {
  readonly retired: bigint
  readonly options: DirectoryOptions
}

export async function retire(visit: Visit, { retired, options }: RetirePlan): Promise<number> {
  const { output, signal, timeoutMs } = visit
  const directory = await Directory.start(visit.node, options)
  if (!(await hasList(visit, directory))) return EXIT.failed
  try {
    const { code, says } = await directory.retire(retired, { timeoutMs, signal })
    const id = formatId(retired)
    if (code === RESULT.OK) output.tell('retired', { id })
    else output.tell('failure', { id, reason: says, code })
    return code === RESULT.OK ? EXIT.ok : EXIT.failed
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    output.tell('failure', failureRow(retired, error, undefined))
    return EXIT.failed
  }
}
