import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { applyPatch, changedLines } from '../sim/patches.js'

/** This file runs from `<root>/<build>/test/directory`. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PROBES = join(ROOT, 'test/directory/probes')
const LINES_MAX = 4

for (const file of readdirSync(PROBES)) {
  test(`the probe ${file} names its rows and still applies`, (t) => {
    const patch = readFileSync(join(PROBES, file), 'utf8')
    const [story = '', rows = ''] = patch.split('\n')
    t.regex(story, /^[A-Z].*\.$/)
    t.regex(rows, /^rows: (\d{3}|X)-\d{2}[a-z]?(, (\d{3}|X)-\d{2}[a-z]?)*$/)
    t.true(changedLines(patch) <= LINES_MAX)
    const folder = mkdtempSync(join(tmpdir(), 'treebus-probe-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    for (const [, path = ''] of patch.matchAll(/^\+\+\+ b\/(.+)$/gm)) {
      cpSync(join(ROOT, path), join(folder, path))
    }
    t.notThrows(() => applyPatch(folder, patch))
  })
}
