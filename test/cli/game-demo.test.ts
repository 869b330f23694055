// The services' demo from end to end: real processes and calls, all replaced, nothing left behind.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { start, temporaryDirectory } from './_cli.js'

const DEMO = fileURLToPath(new URL('../../src/cli/demo/game-demo.js', import.meta.url))

test('a game under load has all processes replaced, and no call of a player fails', async (t) => {
  t.timeout(300_000)
  const directory = temporaryDirectory(t)
  const { code, stdout, stderr } = await start(t, ['1.5', '4'], { TMPDIR: directory }, DEMO).ended
  t.is(code, 0, stdout + stderr)
  t.is(stderr, '')
  t.is([...stdout.matchAll(/^replacing /gm)].length, 7)
  t.regex(stdout, /● gateway-1 +up .*\/s\n/)
  t.regex(stdout, /● world-2 +up .*\/s {2}new\n/)
  const made = /^calls of players {4}([\d,]+),/m.exec(stdout)?.[1]
  t.is(/^answered {12}([\d,]+)$/m.exec(stdout)?.[1], made)
  t.regex(stdout, /^failed {14}0$/m)
  t.deepEqual(readdirSync(directory), [])
})

for (const [seconds, players] of [
  ['no', '4'],
  ['1', '0'],
  ['1', '1.5'],
] as const) {
  test(`a game of '${seconds}' seconds and '${players}' players does not start`, async (t) => {
    const { code, stdout, stderr } = await start(t, [seconds, players], {}, DEMO).ended
    t.is(code, 1)
    t.is(stdout, '')
    t.regex(stderr, /^demo: .*\n$/)
  })
}
