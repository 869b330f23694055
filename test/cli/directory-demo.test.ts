// The demo of the directory from end to end: real processes, nothing lost, nothing left behind.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { start, temporaryDirectory } from './_cli.js'

const DEMO = fileURLToPath(new URL('../../src/cli/demo/directory-demo.js', import.meta.url))

test('no list loses a living service while a registry is killed and starts again empty', async (t) => {
  const directory = temporaryDirectory(t)
  const { code, stdout, stderr } = await start(t, [], { TMPDIR: directory }, DEMO).ended
  t.is(code, 0, stdout + stderr)
  t.is(stderr, '')
  t.regex(stdout, /every list is whole after \d+ ms/)
  t.regex(stdout, /the last list has it no more after [\d.]+ ms/)
  t.regex(stdout, /it lists all 11 services after \d+ ms/)
  t.regex(stdout, /^living services that a list lost while the registry was away: 0$/m)
  t.deepEqual(readdirSync(directory), [])
})
