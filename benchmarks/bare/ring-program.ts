// The C++ program over the same ring (native/bench): built when it is first asked for.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sample, Span } from '../question.js'

const ROOT = process.cwd()
const FOLDER = join(ROOT, 'build-native')

function sources(source: string): readonly string[] {
  const system = join(ROOT, 'native/os')
  const files = readdirSync(system).filter((name) => name.endsWith('.cpp'))
  return [join(ROOT, 'native/bench', source), ...files.map((name) => join(system, name))]
}

/** The program of a source file; it is built anew where a file is younger. */
export function builtProgram(source: string): string {
  const program = join(FOLDER, source.replace('.cpp', ''))
  const from = sources(source)
  const headers = readdirSync(join(ROOT, 'native/ring')).map((name) => join('native/ring', name))
  const changedMs = Math.max(...[...from, ...headers].map((path) => statSync(path).mtimeMs))
  if (existsSync(program) && statSync(program).mtimeMs > changedMs) return program
  mkdirSync(FOLDER, { recursive: true })
  const args = ['-std=c++20', '-O3', '-pthread', ...from, '-o', program]
  const { error, status, stderr } = spawnSync('g++', args, { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(stderr.slice(0, 500))
  return program
}

/** `third` is the size of the ring or how many are in flight. */
export async function runRingProgram(
  mode: 'stream' | 'answer',
  payloadBytes: number,
  third: number,
  { warmUpMs, measuredMs }: Span,
): Promise<Sample> {
  const args = [mode, ...[payloadBytes, third, warmUpMs, measuredMs].map(String)]
  const { stdout } = await promisify(execFile)(builtProgram('ring_bench.cpp'), args)
  return JSON.parse(stdout) as Sample
}
