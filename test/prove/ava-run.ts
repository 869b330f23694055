// Runs test files with another size, for rows whose proof is a test.

import { spawn } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Outcome, verdictOf } from './row.js'

const BUILD = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

const TAIL_CHARS = 400

/** `files` are patterns below `test/` of the build. Fails with the end of what ava printed. */
export async function runTests(
  files: readonly string[],
  environment: NodeJS.ProcessEnv,
  figure: string,
  extraArgs: readonly string[] = [],
): Promise<Outcome> {
  const patterns = files.map((file) => `${basename(BUILD)}/test/${file}`)
  const child = spawn('npx', ['ava', '--timeout=48h', ...extraArgs, ...patterns], {
    cwd: dirname(BUILD),
    env: { ...process.env, ...environment, BUILD_DIR: basename(BUILD) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      printed = (printed + text.toString()).slice(-10_000)
    })
  }
  const startMs = performance.now()
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const seconds = Math.round((performance.now() - startMs) / 1_000)
  const isMet = code === 0 && /\d+ tests? passed/.test(printed)
  const passed = /\d+ tests? passed/.exec(printed)?.[0] ?? ''
  const said = isMet
    ? figure.replace('PASSED', passed)
    : `failed: …${printed.slice(-TAIL_CHARS).replaceAll('\n', ' ')}`
  return { figure: said, verdict: verdictOf(isMet), values: { seconds, exitCode: code ?? -1 } }
}

/** The tests of a row, by the number in their titles. What one size proves has no full size. */
export function runRow(row: number, files: readonly string[]): Promise<Outcome> {
  return runTests(files, {}, 'PASSED', [`--match=robustness ${row}:*`])
}
