// `treebus services`: who offers what, and what changes in it.

import { BusError, Cluster, Directory, type DirectoryOptions } from '../index.js'
import { tellServices } from './directory-events.js'
import { type ServiceRow, serviceRows } from './directory-rows.js'
import { EXIT } from './exit-code.js'
import type { Output } from './output.js'
import { tableOf } from './table-text.js'
import type { Visit } from './visit.js'

const TITLES = [
  ...['APP', 'NAME', 'ZONE', 'INSTANCE', 'NODE', 'WEIGHT', 'STATUS', 'LOAD', 'ANSWERS', 'ENV'],
]

/** A service that has none of our handlers cannot answer: nobody shall wait long for it. */
const PROBE_MS_MAX = 1000

/** Undefined: it did not answer. */
type ProbedRow = ServiceRow & { readonly answersInMs: number | undefined }

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
  const rows = serviceRows(directory.services(query))
  tellList(output, await probed(visit, directory, rows))
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

/** Each is asked itself, all at once: a record says who was there, an answer says who is. */
async function probed(
  { timeoutMs }: Visit,
  directory: Directory,
  rows: readonly ServiceRow[],
): Promise<ProbedRow[]> {
  await using cluster = Cluster.over(directory)
  const limitMs = Math.max(1, Math.min(timeoutMs, PROBE_MS_MAX))
  return await Promise.all(
    rows.map(async (row) => ({ ...row, answersInMs: await cluster.probe(row, limitMs) })),
  )
}

function tellList(output: Output, rows: readonly ProbedRow[]): void {
  if (output.isJson) {
    for (const row of rows) output.tell('service', { ...row, answersInMs: row.answersInMs ?? null })
  } else for (const line of tableOf(TITLES, rows.map(cellsOf))) output.print(line)
}

function cellsOf(row: ProbedRow): string[] {
  const { answersInMs, app, env, instance, load, name, node, status, weight, zone } = row
  const answers = answersInMs === undefined ? 'no' : `${answersInMs.toFixed(1)} ms`
  const place = [app, name === '' ? '-' : name, zone, instance, node]
  return [...place, String(weight), status, load.join(',') || '-', answers, env]
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
