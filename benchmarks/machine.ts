// The machine, the runtime and the commit that a result belongs to.

import { spawnSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { peerVersions } from './peers/peers.js'

export interface Machine {
  readonly cpuModel: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  readonly node: string
  /** With `+` where files differ from it; empty outside a checkout. */
  readonly commit: string
  /** Processes that wanted a core in the minute before: above 0.3 the machine was not quiet. */
  readonly loadBefore: number
  /** Of the peers' packages and servers that are installed. */
  readonly versions: Readonly<Record<string, string>>
  /** What whoever ran it wanted to be known. */
  readonly note?: string
  readonly date: string
  readonly command: string
}

function git(args: readonly string[]): string {
  const { stdout, status } = spawnSync('git', args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : ''
}

/** Where the result went is a path of one machine, and not what was measured. */
function isRepeatable(arg: string, index: number, args: readonly string[]): boolean {
  return !arg.startsWith('--json') && args[index - 1] !== '--json'
}

export function describeMachine(args: readonly string[], note?: string): Machine {
  const changed = git(['status', '--porcelain', '--untracked-files=no']) === '' ? '' : '+'
  const commit = git(['rev-parse', '--short=12', 'HEAD'])
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMib: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
    commit: commit === '' ? '' : commit + changed,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: peerVersions(),
    ...(note === undefined ? {} : { note }),
    date: new Date().toISOString(),
    command: ['npm run bench --', ...args.filter(isRepeatable)].join(' '),
  }
}
