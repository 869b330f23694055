// What is published of a result: the README's table and the pictures.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { picturesOf } from '../../benchmarks/publish/pictures.js'
import { type Results, readResults } from '../../benchmarks/publish/results.js'
import { tableOf, withTable } from '../../benchmarks/publish/table.js'
import { cellWith, MACHINE } from './_results.js'

const FOLDER = 'docs/benchmarks'
const KEPT = readResults(`${FOLDER}/results.json`)

function oneWay(rounds: Parameters<typeof cellWith>[1], missing = {}): Results {
  const cell = cellWith('64 B', rounds, missing)
  return { machine: MACHINE, questions: { 'one-way-peers': [cell] } }
}

test("the README's table is what the report writes from the kept result", (t) => {
  const page = readFileSync('README.md', 'utf8')
  t.is(withTable(page, KEPT), page)
})

test('each picture is what the report draws from the kept result, and there is no other', (t) => {
  const pictures = picturesOf(KEPT)
  for (const [file, svg] of pictures) t.is(readFileSync(`${FOLDER}/${file}`, 'utf8'), svg, file)
  const drawn = readdirSync(FOLDER).filter((name) => name.endsWith('.svg'))
  t.deepEqual(drawn.sort(), [...pictures.keys()].sort())
})

test('each picture that a page shows exists', (t) => {
  const pages = [
    ['README.md', ''],
    ['docs/benchmarks.md', 'docs/'],
  ] as const
  const absent = pages.flatMap(([page, folder]) => {
    const shown = [...readFileSync(page, 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+\.svg)\)/g)]
    return shown.map(([, path]) => folder + path).filter((path) => !existsSync(path))
  })
  t.deepEqual(absent, [])
})

test('medians stand in the table, and a peer that is better than the best of ours in bold', (t) => {
  const table = tableOf(
    oneWay([
      { 'treebus ring': { perSecond: 900, cpu: 3 }, nats: { perSecond: 1_000, cpu: 5 } },
      { 'treebus ring': { perSecond: 800, cpu: 3 }, nats: { perSecond: 4_000, cpu: 5 } },
      { 'treebus ring': { perSecond: 100, cpu: 3 }, nats: { perSecond: 2_000, cpu: 5 } },
    ]),
  )
  t.regex(table, /^\| treebus ring \| 800 \| 3 \|$/m)
  t.regex(table, /^\| nats \| \*\*2 k\*\* \| 5 \|$/m)
})

test('a yardstick is never in bold', (t) => {
  const round = { 'treebus ring': { perSecond: 1 }, 'bare net unix': { perSecond: 2 } }
  t.notRegex(tableOf(oneWay([round])), /\*\*2\*\*/)
})

test('a peer that was missing is named below the table', (t) => {
  const round = { 'treebus ring': { perSecond: 1 } }
  const table = tableOf(oneWay([round], { nats: 'nats-server is not installed' }))
  t.regex(table, /nats is missing: nats-server is not installed/)
})

test('a loaded machine is named below the table', (t) => {
  const results = oneWay([{ 'treebus ring': { perSecond: 1 } }])
  const loaded = { ...results, machine: { ...MACHINE, loadBefore: 4 } }
  t.regex(tableOf(loaded), /loaded machine \(load 4\)/)
  t.notRegex(tableOf(results), /loaded/)
})

test('a page without a place for the table is refused', (t) => {
  t.throws(() => withTable('nothing', oneWay([{ 'treebus ring': { perSecond: 1 } }])))
})

test('a label cannot break a picture', (t) => {
  const pictures = picturesOf(oneWay([{ '<b>&': { perSecond: 5, cpu: 1 } }]))
  t.regex(pictures.get('one-way-64b.svg') ?? '', /&lt;b&gt;&amp;/)
})
