// Shows that the tests of acceptance rows can fail: plants an edit for each row, and runs them.
//
// The edits are kept in test/directory/probes and test/services/probes, one patch for one or more
// rows: its first line says what goes wrong, its second names the rows. They are applied to a copy
// of the build, one copy for each of two that run at a time. A patch is planted once for all of its
// rows; each of them has to have a test that went red.
import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const PROBES = ['test/directory/probes', 'test/services/probes']
/** A test that waits for what never comes has failed, too. */
const TEST_LIMIT = '60s'
const BENCHES_MAX = 2

/** The probes by row: `{ file, story, patch, paths }`. */
export function probesOf(root) {
  const byRow = new Map()
  const files = PROBES.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  )
  for (const file of files.sort()) {
    if (!file.endsWith('.patch')) continue
    const patch = readFileSync(join(root, file), 'utf8')
    const [story, rows] = patch.split('\n')
    const paths = [...patch.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path]) => path)
    for (const row of rows.replace(/^rows: /, '').split(', ')) {
      byRow.set(row, [...(byRow.get(row) ?? []), { file, story, patch, paths }])
    }
  }
  return byRow
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function chanceOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function drawn(rows, count, seed) {
  const chance = chanceOf(seed)
  const rest = [...rows]
  const taken = []
  while (taken.length < count && rest.length > 0) {
    taken.push(...rest.splice(Math.floor(chance() * rest.length), 1))
  }
  return taken.sort()
}

/** A copy of the build that tests run in, and that patches change. */
function workbench(root) {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-probe-'))
  for (const part of ['build', 'src'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  for (const part of ['node_modules', 'prebuilds', 'test']) {
    symlinkSync(join(root, part), join(folder, part))
  }
  for (const part of ['package.json', 'ava.config.js']) cpSync(join(root, part), join(folder, part))
  return folder
}

/** What a program printed, and how it ended. */
function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
    const parts = []
    child.stdout.on('data', (part) => parts.push(part))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(parts).toString() }))
  })
}

async function compile(root, folder, paths) {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    types: [],
    rootDir: '.',
    outDir: 'build',
    noCheck: true,
    noResolve: true,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: paths }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { status, stdout } = await run(tsc, ['-p', '.'], folder)
  return status === 0 ? undefined : stdout
}

/** What stands in these sources and in what is made of them; undoes what is written there since. */
function keeper(folder, paths) {
  const files = paths.flatMap((path) => [path, join('build', path.replace(/\.ts$/, '.js'))])
  const kept = files.map((file) => [join(folder, file), readFileSync(join(folder, file))])
  return () => {
    for (const [file, bytes] of kept) writeFileSync(file, bytes)
  }
}

/** The titles with their blanks as ava matches them. */
function patternOf(title) {
  return title.replace(/\$\{[^}]*\}/g, '*')
}

const NEVER_ENDED = 'not ok - a test did not end in time'

/** A storm that never ends is red, too; what does not even load is not. */
function isTitled(line, tests) {
  if (line === NEVER_ENDED || line.includes('no new tests completed')) return true
  return tests.some(({ title }) => {
    const parts = patternOf(title).split('*')
    return parts.every((part) => line.includes(part))
  })
}

/** The lines of the tests that passed and that failed. */
async function outcome(folder, tests) {
  const files = new Set(tests.map(({ path }) => `build/${path.replace(/\.ts$/, '.js')}`))
  const matches = tests.flatMap(({ title }) => ['--match', patternOf(title)])
  const ava = join(folder, 'node_modules/.bin/ava')
  const args = ['--tap', '--timeout', TEST_LIMIT, ...matches, ...files]
  const { status, stdout } = await run(ava, args, folder)
  const lines = stdout.split('\n').filter((line) => !line.includes('# SKIP'))
  const passed = lines.filter((line) => /^ok \d+ - /.test(line))
  const failed = lines.filter((line) => /^not ok \d+ - /.test(line))
  // Where a test takes too long ava's reporter ends without a line for it.
  if (status !== 0 && failed.length === 0) failed.push(NEVER_ENDED)
  return { passed, failed }
}

/** Says of each row of one probe whether it went red. */
async function probeOne({ root, folder, applyPatch }, { file, patch, paths, rows }, proofs) {
  const all = (isRed, says) => rows.map((row) => ({ row, isRed, says }))
  const restore = keeper(folder, paths)
  try {
    try {
      applyPatch(folder, patch)
    } catch (error) {
      return all(false, `does not apply: ${error.message}`)
    }
    const complaint = await compile(root, folder, paths)
    if (complaint !== undefined) return all(false, `does not compile: ${complaint}`)
    const tests = new Set(rows.flatMap((row) => proofs.get(row)))
    const { passed, failed } = await outcome(folder, [...tests])
    if (passed.length + failed.length === 0) return all(false, 'no test ran')
    return rows.map((row) => {
      const own = proofs.get(row)
      const isOwn = (line) => isTitled(line, own)
      const red = failed.filter(isOwn).length
      // A title in a loop is many tests.
      const ran = red + passed.filter(isOwn).length
      const says = red > 0 ? `${red} of ${ran} red` : 'STAYS GREEN'
      return { row, isRed: red > 0, says: `${says}  (${file})` }
    })
  } finally {
    restore()
  }
}

/** The probes of these rows, each once, with those of the rows that it is for. */
function plannedOf(probes, rows) {
  const planned = new Map()
  for (const row of rows) {
    for (const one of probes.get(row)) {
      const plan = planned.get(one.file) ?? { ...one, rows: [] }
      planned.set(one.file, { ...plan, rows: [...plan.rows, row] })
    }
  }
  return [...planned.values()]
}

/** Plants one after another in one copy of the build, until none is left. */
async function work(bench, queue, proofs) {
  let isGood = true
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const { row, isRed, says } of await probeOne(bench, next, proofs)) {
      isGood &&= isRed
      console.log(`${row.padEnd(8)} ${says}\n         ${next.story}`)
    }
  }
  return isGood
}

/** `proofs`: the tests of each row. True where every drawn row's tests went red, and only then. */
export async function probe({ root, proofs, count, seed, only }) {
  const probes = probesOf(root)
  const all = [...probes.keys()].filter((row) => (proofs.get(row) ?? []).length > 0)
  const rows = only?.filter((row) => all.includes(row)) ?? drawn(all, count, seed)
  console.log(`seed ${seed}: ${rows.length} of ${all.length} rows with a probe`)
  const { applyPatch } = await import(pathToFileURL(join(root, 'build/test/sim/patches.js')).href)
  const copies = Math.min(BENCHES_MAX, availableParallelism())
  const folders = Array.from({ length: copies }, () => workbench(root))
  try {
    const tests = rows.flatMap((row) => proofs.get(row))
    const { passed, failed } = await outcome(folders[0], tests)
    console.log(`without an edit: ${passed.length} tests green, ${failed.length} red`)
    for (const line of failed) console.log(`         ${line}`)
    const queue = plannedOf(probes, rows)
    const benches = folders.map((folder) => ({ root, folder, applyPatch }))
    const verdicts = await Promise.all(benches.map((bench) => work(bench, queue, proofs)))
    const isWhole = rows.length > 0 && rows.length === (only ?? rows).length
    return isWhole && failed.length === 0 && passed.length > 0 && verdicts.every(Boolean)
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}
