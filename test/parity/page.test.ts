import { readFileSync } from 'node:fs'
import test from 'ava'
import { projectPath } from '../core/_expected.js'
import { CXX_CASES, SUITES } from './inventory.js'
import { complaints, PAGE, PROTOCOL_PAGE, pageOf, withQuirks } from './page.js'
import { allTitles, titlesOf } from './titles.js'

test('every case and every quirk is either proved by a test or has a reason', (t) => {
  t.deepEqual(complaints(), [])
})

test('docs/parity.md is what the tests and the lists say (npm run parity writes it)', (t) => {
  t.is(readFileSync(projectPath(PAGE), 'utf8'), pageOf())
})

test('docs/protocol.md has a line for every quirk of a peer (npm run parity writes it)', (t) => {
  const protocol = readFileSync(projectPath(PROTOCOL_PAGE), 'utf8')
  t.is(protocol, withQuirks(protocol))
  t.true(protocol.includes('| G.4-1 |'))
})

test('the inventory has all that the specification counts', (t) => {
  t.is(CXX_CASES, 183)
  t.is(SUITES.find(({ name }) => name === 'go')?.cases.length, 18)
})

test('a case without a test, with a test and a reason, and an unknown one are each named', (t) => {
  const titles = allTitles()
  const title = { rule: 'r', file: 'test/x.test.ts' }
  const without = titles.parity.filter(({ key }) => key !== 'atbus_node_reg.conflict')
  t.deepEqual(complaints({ ...titles, parity: without }), [
    'case atbus_node_reg.conflict has neither a test nor a reason',
  ])
  const more = [
    ...titles.parity,
    { key: 'buffer.buffer_block', ...title },
    { key: 'a.b', ...title },
  ]
  t.deepEqual(complaints({ ...titles, parity: more }), [
    'case buffer.buffer_block has a test and a reason against one',
    'case a.b is not in the inventory',
  ])
})

test('only what is passed to test as one plain title counts as a test', (t) => {
  const word = 'parity'
  const source = `
    test('${word} a.b: one', x)
    test.serial(
      "${word} a.c: the peer's two", x)
    test.skip('${word} a.d: not run', x)
    const text = '${word} a.e: no test'`
  t.deepEqual(
    titlesOf(source, 'f').parity.map(({ key, rule }) => [key, rule]),
    [
      ['a.b', 'one'],
      ['a.c', "the peer's two"],
    ],
  )
})
