// The C++ program over the same ring (native/bench): built when it is first asked for.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sample, Span } from '../question.js'

const ROOT = process.cwd()
const FOLDER = join(ROOT, 'build-native')
const PROGRAM = join(FOLDER, 'ring-bench')

function sources(): readonly string[] {
  const system = join(ROOT, 'native/os')
  const files = readdirSync(system).filter((name) => name.endsWith('.cpp'))
  return [join(ROOT, 'native/bench/ring_bench.cpp'), ...files.map((name) => join(system, name))]
}

function build(): void {
  const from = sources()
  const headers = readdirSync(join(ROOT, 'native/ring')).map((name) => join('native/ring', name))
  const changedMs = Math.max(...[...from, ...headers].map((path) => statSync(path).mtimeMs))
  if (existsSync(PROGRAM) && statSync(PROGRAM).mtimeMs > changedMs) return
  mkdirSync(FOLDER, { recursive: true })
  const args = ['-std=c++20', '-O3', '-pthread', ...from, '-o', PROGRAM]
  const { error, status, stderr } = spawnSync('g++', args, { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(stderr.slice(0, 500))
}

/** `third` is the size of the ring or how many are in flight. */
export async function runRingProgram(
  mode: 'stream' | 'answer',
  payloadBytes: number,
  third: number,
  { warmUpMs, measuredMs }: Span,
): Promise<Sample> {
  build()
  const args = [mode, ...[payloadBytes, third, warmUpMs, measuredMs].map(String)]
  const { stdout } = await promisify(execFile)(PROGRAM, args)
  return JSON.parse(stdout) as Sample
}
