// Which tests prove each acceptance row of services.md, and which rows have none.
//
//   npm run rows              every row of sections 6 and 7, with the titles that name it
//   npm run rows -- --missing only the rows of this issue that no test names
//   npm run rows -- --probe N [--seed S]   breaks the code for N rows, and shows their tests go red
//   npm run rows -- --probe all | --row ID,… the same for every row that has a probe, or for these
//   SERVICES_DESIGN=FILE      the design page, where it is not at ../shared/design/services.md
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { probe } from './probe.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A row of a later issue is not missing yet: which stages of services.md section 9 come later. */
const THIS_ISSUE = [/^000-/, /^001-(0\d|1\d|2[0-389])/, /^002-/, /^X-(0\d|[1-3]\d|4[0-46-9]|50)\b/]
const WAITING = new Set(['X-45'])

function designPage() {
  const given = process.env.SERVICES_DESIGN
  const places = given
    ? [given]
    : ['../shared/design/services.md', '../../shared/design/services.md']
  return places.map((place) => resolve(root, place)).find((place) => existsSync(place))
}

function rowsOf(text) {
  const rows = []
  let isIn = false
  for (const line of text.split('\n')) {
    if (/^# /.test(line)) isIn = /^# [67]\./.test(line)
    const [, id, statement = ''] = /^\| ((?:\d{3}|X)-\d+[a-z]?) \| ([^|]*)/.exec(line) ?? []
    if (isIn && id !== undefined) rows.push({ id, statement: statement.trim() })
  }
  return rows
}

function testFiles(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return testFiles(path)
    return name.endsWith('.test.ts') ? [path] : []
  })
}

/** Titles are the first argument of `test`, or of a `run` that may skip, in quotes of any kind. */
function titlesOf(path) {
  const source = readFileSync(path, 'utf8')
  const found = source.matchAll(/\b(?:test|run)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)
  return [...found].map(([, , title]) => title)
}

/** The ids a title names: `000-11a, -11b` and `X-21 … X-24` name each of theirs. */
function idsOf(title) {
  const ids = new Set()
  let prefix
  for (const [, start, number, letter] of title.matchAll(
    /(?:\b(\d{3}|X)|(?<=[\s,(]))-(\d{2})(?:([a-z])\b|\b|\s?\(([a-d])\))/g,
  )) {
    prefix = start ?? prefix
    if (prefix !== undefined) ids.add(`${prefix}-${number}${letter ?? ''}`)
  }
  return ids
}

const page = designPage()
const isProbing = process.argv.some((word) => word === '--probe' || word === '--row')
if (page === undefined && !isProbing) {
  console.error('the design page services.md is not here: set SERVICES_DESIGN to its file')
  process.exit(1)
}
const rows = page === undefined ? [] : rowsOf(readFileSync(page, 'utf8'))
/** Which tests name each row. A probe needs no page: the titles tell of the rows. */
const proofs = new Map(rows.map(({ id }) => [id, []]))
for (const path of testFiles(join(root, 'test'))) {
  for (const title of titlesOf(path)) {
    for (const id of idsOf(title)) {
      if (page === undefined && !proofs.has(id)) proofs.set(id, [])
      proofs.get(id)?.push({ path: path.slice(root.length + 1), title })
    }
  }
}

const isOfThisIssue = ({ id }) => THIS_ISSUE.some((one) => one.test(id)) && !WAITING.has(id)
function given(flag) {
  const at = process.argv.indexOf(flag)
  return at < 0 ? undefined : process.argv[at + 1]
}

const [probeCount, probeRow] = [given('--probe'), given('--row')]
if (probeCount !== undefined || probeRow !== undefined) {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
  if (built.status !== 0) process.exit(1)
  const seed = Number(given('--seed') ?? Date.now() % 1_000_000)
  const count = probeCount === 'all' ? Number.POSITIVE_INFINITY : Number(probeCount ?? 1)
  process.exit((await probe({ root, proofs, count, seed, only: probeRow?.split(',') })) ? 0 : 1)
}

const onlyMissing = process.argv.includes('--missing')
const missing = rows.filter((row) => isOfThisIssue(row) && proofs.get(row.id).length === 0)
for (const row of onlyMissing ? missing : rows) {
  const tests = proofs.get(row.id)
  const state = isOfThisIssue(row) ? 'NO TEST' : 'of a later issue'
  console.log(
    `${row.id}  ${tests.length === 0 ? state : `${tests.length} tests`}: ${row.statement}`,
  )
  for (const { path, title } of tests) console.log(`         ${path}: ${title}`)
}
const own = rows.filter(isOfThisIssue)
console.log(
  `${own.length - missing.length} of ${own.length} rows of this issue have tests; ` +
    `${rows.length - own.length} rows are of later issues`,
)
