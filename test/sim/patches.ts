// Applies a unified diff by its lines alone: a patch holds as long as the code around it does.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Hunk {
  readonly path: string
  readonly before: string[]
  readonly after: string[]
}

/** Throws where a hunk's old lines do not stand in their file exactly once. */
export function applyPatch(folder: string, patch: string): void {
  const hunks = hunksOf(patch)
  if (hunks.length === 0) throw new Error('a patch without a change')
  for (const { path, before, after } of hunks) {
    const file = join(folder, path)
    const text = readFileSync(file, 'utf8')
    const parts = text.split(`${before.join('\n')}\n`)
    if (parts.length !== 2) {
      throw new Error(`the patch of ${path} fits ${parts.length - 1} places, not one`)
    }
    writeFileSync(file, parts.join(`${after.join('\n')}\n`))
  }
}

/** Lines that the patch adds or takes away. */
export function changedLines(patch: string): number {
  return hunksOf(patch).reduce((sum, { before, after }) => {
    const kept = before.filter((line) => after.includes(line)).length
    return sum + Math.max(before.length, after.length) - kept
  }, 0)
}

function hunksOf(patch: string): Hunk[] {
  const hunks: Hunk[] = []
  let path = ''
  let hunk: Hunk | undefined
  for (const line of patch.split('\n')) {
    if (line.startsWith('--- ')) hunk = undefined
    else if (line.startsWith('+++ b/')) path = line.slice('+++ b/'.length)
    else if (line.startsWith('@@')) {
      hunk = { path, before: [], after: [] }
      hunks.push(hunk)
    } else if (hunk !== undefined && line !== '') {
      const rest = line.slice(1)
      if (line[0] !== '+') hunk.before.push(rest)
      if (line[0] !== '-') hunk.after.push(rest)
    }
  }
  return hunks
}
