// Builds and runs a C++ test with another size, for rows whose proof is one.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Outcome, verdictOf } from './row.js'

const TAIL_CHARS = 400

/** `figure` is what is said where it passes. */
export async function runNative(
  name: string,
  build: 'plain' | 'asan' | 'tsan',
  environment: NodeJS.ProcessEnv,
  figure: string,
): Promise<Outcome> {
  const script = join(process.cwd(), 'scripts/native-test.mjs')
  const child = spawn(process.execPath, [script, build, name], {
    // Without a compiler the script passes, but for those who have to have one.
    env: { ...process.env, ...environment, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      printed = (printed + text.toString()).slice(-10_000)
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const isMet = code === 0 && /^ok /m.test(printed)
  const said = isMet ? figure : `failed: …${printed.slice(-TAIL_CHARS).replaceAll('\n', ' ')}`
  return { figure: said, verdict: verdictOf(isMet), values: { exitCode: code ?? -1 } }
}
