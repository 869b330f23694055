import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { applyPatch, changedLines } from './sim/patches.js'

/** This file runs from `<root>/<build>/test`. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROBES = ['test/directory/probes', 'test/services/probes'].map((path) => join(ROOT, path))
const LINES_MAX = 4

for (const path of PROBES.flatMap((folder) =>
  readdirSync(folder).map((name) => join(folder, name)),
)) {
  const file = relative(ROOT, path)
  test(`the probe ${file} names its rows and still applies`, (t) => {
    const patch = readFileSync(path, 'utf8')
    const [story = '', rows = ''] = patch.split('\n')
    t.regex(story, /^[A-Z].*\.$/)
    t.regex(rows, /^rows: (\d{3}|X)-\d{2}[a-z]?(, (\d{3}|X)-\d{2}[a-z]?)*$/)
    t.true(changedLines(patch) <= LINES_MAX)
    const folder = mkdtempSync(join(tmpdir(), 'treebus-probe-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    for (const [, edited = ''] of patch.matchAll(/^\+\+\+ b\/(.+)$/gm)) {
      cpSync(join(ROOT, edited), join(folder, edited))
    }
    t.notThrows(() => applyPatch(folder, patch))
  })
}
