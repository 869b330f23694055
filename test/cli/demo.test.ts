// The demo from end to end: real processes, real lines, one kill, nothing left behind.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openInput } from '../../src/cli/demo/input.js'
import { DEMO, start, temporaryDirectory } from './_cli.js'

/** Pids that the drawn tree names. */
function pidsOf(stdout: string): number[] {
  return [...stdout.matchAll(/(?:root|branch|leaf) +pid (\d+)/g)].map(([, pid]) => Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('piped lines cross the tree, a killed leaf is noticed, and all processes end', async (t) => {
  const directory = temporaryDirectory(t)
  const demo = start(t, [], { TMPDIR: directory }, DEMO)
  const lines = Array.from({ length: 10 }, (_, index) => `piped line ${index}`)
  demo.process.stdin.end(lines.join('\n'))
  const { code, stdout, stderr } = await demo.ended
  t.is(code, 0, stdout + stderr)
  t.is(stderr, '')
  for (const line of lines) t.true(stdout.includes(`  ${line}\n`), line)
  t.regex(stdout, /0x10 knew after [\d.]+ ms: lost/)
  t.regex(stdout, /0x21, at the other side, knew after [\d.]+ ms: link_lost/)
  t.regex(stdout, /0x21 sends to it, and is told after [\d.]+ ms: no_route/)
  t.regex(stdout, /^lines sent {6}10$/m)
  t.regex(stdout, /^delivered {7}10 in \d+ ms, 0x11: 2, 0x12: 2, 0x21: 3, 0x22: 3$/m)
  const pids = pidsOf(stdout)
  t.is(pids.length, 7)
  t.deepEqual(pids.filter(isAlive), [])
  t.deepEqual(readdirSync(directory), [])
})

test.serial('a file is read where the command was given', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'three.txt'), 'a\nb\nc\n')
  const before = process.env['INIT_CWD']
  process.env['INIT_CWD'] = directory
  t.teardown(() => {
    if (before === undefined) delete process.env['INIT_CWD']
    else process.env['INIT_CWD'] = before
  })
  const { name, lines } = await openInput('three.txt')
  const read: string[] = []
  for await (const { content } of lines) read.push(String(content))
  t.is(name, 'three.txt')
  t.deepEqual(read, ['a', 'b', 'c'])
})

test('a file that is not there is one line and no process', async (t) => {
  const { code, stdout, stderr } = await start(t, ['no-such-file'], {}, DEMO).ended
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /^demo: no-such-file: [^\n]+\n$/)
})
