// What `npm run bench:compare` exits with.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Results, textOf } from '../../benchmarks/publish/results.js'
import { resultsOf } from './_results.js'

const ENTRY = fileURLToPath(new URL('../../benchmarks/compare/main.js', import.meta.url))
const STEADY = [100, 101, 99, 100, 102]
const SLOWER = STEADY.map((value) => value / 2)

function statusOf(before: Results, after: Results): number | null {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-compare-'))
  try {
    const paths = [before, after].map((results, index) => {
      const path = join(folder, `${index}.json`)
      writeFileSync(path, textOf(results))
      return path
    })
    return spawnSync(process.execPath, [ENTRY, ...paths]).status
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a loss exits with 1, a gain with 0, and nothing to compare with 2', (t) => {
  const steady = resultsOf('perSecond', STEADY)
  const slower = resultsOf('perSecond', SLOWER)
  const other = resultsOf('p50Us', STEADY)
  t.deepEqual(
    [statusOf(steady, slower), statusOf(slower, steady), statusOf(steady, other)],
    [1, 0, 2],
  )
})

test('a file that is no result exits with 2', (t) => {
  t.is(spawnSync(process.execPath, [ENTRY, 'package.json', 'package.json']).status, 2)
})
