// What a test found, compared with a text file that people read and UPDATE=1 rewrites.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** A path from the project's folder, whatever folder the test was built into. */
export function projectPath(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) {
    folder = dirname(folder)
  }
  return join(folder, path)
}

export function matchesFile(t: ExecutionContext, path: string, found: string): void {
  const file = projectPath(path)
  if (process.env.UPDATE === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, found)
  }
  t.is(found, existsSync(file) ? readFileSync(file, 'utf8') : '')
}
