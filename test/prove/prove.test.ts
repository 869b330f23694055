import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { projectPath } from '../core/_expected.js'
import { chosen, listed, loadRows } from './catalogue.js'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
const ROWS = 'test/prove/rows'

function prove(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

test('every row of the bus is there: 1 to 16, and 21 to 31', async (t) => {
  const numbers = (await loadRows()).map(({ row }) => row)
  for (const row of [...range(1, 16), ...range(21, 31)]) t.true(numbers.includes(row), `${row}`)
  t.is(new Set(numbers).size, numbers.length)
})

test('a row that has a full size says how large either is, and no other does', async (t) => {
  const sized = (await loadRows()).filter(({ sizes }) => sizes !== undefined)
  const varied = readdirSync(projectPath(ROWS)).filter((name) =>
    /\bfull (\?|=)|\(full\)/.test(readFileSync(projectPath(`${ROWS}/${name}`), 'utf8')),
  )
  t.is(sized.length, varied.length)
  t.true(sized.length > 20)
})

test('the list names each row with its goal and its sizes', async (t) => {
  const rows = await loadRows()
  const { status, stdout } = prove()
  t.is(status, 0)
  for (const { goal, row, title } of rows) t.true(stdout.includes(`${row}  ${title}: ${goal}`))
  t.true(stdout.includes('[1,000 sockets; --full: 8,000]'))
  t.is(listed(rows).length, 2 * rows.length)
})

test('the help says what each argument does, and what the exit code means', (t) => {
  const { status, stdout } = prove('--help')
  t.is(status, 0)
  for (const word of ['ROW…', 'all', '--full', '--json', '--help', 'Exit code']) {
    t.true(stdout.includes(word), word)
  }
})

test('a row that nobody knows and a flag that nobody knows are refused', async (t) => {
  t.is(prove('999').status, 2)
  t.regex(prove('999').stderr, /no such row in: 999/)
  t.is(prove('--fast', '1').status, 2)
  t.is(chosen(await loadRows(), ['1', '999']), undefined)
})
