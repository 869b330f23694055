// `treebus services`: who offers what, and what changes in it.

import { BusError, Directory, type DirectoryOptions } from '../index.js'
import { tellServices } from './directory-events.js'
import { type ServiceRow, serviceRows } from './directory-rows.js'
import { EXIT } from './exit-code.js'
import type { Output } from './output.js'
import { tableOf } from './table-text.js'
import type { Visit } from './visit.js'

const TITLES = ['APP', 'NAME', 'ZONE', 'INSTANCE', 'NODE', 'WEIGHT', 'STATUS', 'ENV']

export interface ServicesPlan {
  /** Undefined: every app. */
  readonly app: string | undefined
  /** Goes on with every change until the user has had enough. */
  readonly watch: boolean
  readonly options: DirectoryOptions
}

export async function services(visit: Visit, { app, watch, options }: ServicesPlan) {
  const { output, signal } = visit
  const directory = await Directory.start(visit.node, options)
  if (!(await hasList(visit, directory))) return EXIT.failed
  const query = app === undefined ? {} : { app }
  tellList(output, serviceRows(directory.services(query)))
  if (watch) {
    tellServices(directory, output, app)
    await untilAborted(signal)
  }
  return EXIT.ok
}

/** A registry that is warming up shows what it has; without any there is nothing to show. */
export async function hasList(
  { output, signal, timeoutMs }: Visit,
  directory: Directory,
): Promise<boolean> {
  try {
    await directory.ready({ timeoutMs, signal })
    return true
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    if (directory.status().registries.length > 0) {
      process.stderr.write('treebus: the registry has just begun: more may register\n')
      return true
    }
    const detail = 'no registry answers: the parent is none and knows none (see --registry)'
    output.tell('error', { detail })
    return false
  }
}

function tellList(output: Output, rows: readonly ServiceRow[]): void {
  if (output.isJson) for (const row of rows) output.tell('service', row)
  else for (const line of tableOf(TITLES, rows.map(cellsOf))) output.print(line)
}

function cellsOf({ app, name, zone, instance, node, weight, status, env }: ServiceRow): string[] {
  return [app, name === '' ? '-' : name, zone, instance, node, String(weight), status, env]
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
