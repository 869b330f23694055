// The machine, the runtime and the commit that a result belongs to.

import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

export interface Machine {
  readonly cpuModel: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  readonly node: string
  /** With `+` where files differ from it; empty outside a checkout. */
  readonly commit: string
  readonly date: string
  readonly command: string
}

function git(args: readonly string[]): string {
  const { stdout, status } = spawnSync('git', args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : ''
}

export function describeMachine(args: readonly string[]): Machine {
  const changed = git(['status', '--porcelain', '--untracked-files=no']) === '' ? '' : '+'
  const commit = git(['rev-parse', '--short=12', 'HEAD'])
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMib: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
    commit: commit === '' ? '' : commit + changed,
    date: new Date().toISOString(),
    command: ['npm run bench --', ...args].join(' '),
  }
}
