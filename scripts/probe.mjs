// Shows that the tests of acceptance rows can fail: plants an edit for each row, and runs them.
//
// The edits are kept in test/directory/probes and test/services/probes, one patch for one or more
// rows: its first line says what goes wrong, its second names the rows. They are applied to a copy
// of the build.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const PROBES = ['test/directory/probes', 'test/services/probes']
/** A test that waits for what never comes has failed, too. */
const TEST_LIMIT = '60s'

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

function compile(root, folder, paths) {
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
  const { status, stdout } = spawnSync(tsc, ['-p', '.'], { cwd: folder, encoding: 'utf8' })
  return status === 0 ? undefined : stdout
}

function restore(root, folder, paths) {
  for (const path of paths) {
    const compiled = join('build', path.replace(/\.ts$/, '.js'))
    for (const file of [path, compiled]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      cpSync(join(root, file), join(folder, file))
    }
  }
}

/** The titles with their blanks as ava matches them. */
function patternOf(title) {
  return title.replace(/\$\{[^}]*\}/g, '*')
}

/** A storm that never ends is red, too; what does not even load is not. */
function isTitled(line, tests) {
  if (line.includes('no new tests completed')) return true
  return tests.some(({ title }) => {
    const parts = patternOf(title).split('*')
    return parts.every((part) => line.includes(part))
  })
}

/** How many of these tests passed and failed. */
function outcome(folder, tests) {
  const files = new Set(tests.map(({ path }) => `build/${path.replace(/\.ts$/, '.js')}`))
  const matches = tests.flatMap(({ title }) => ['--match', patternOf(title)])
  const ava = join(folder, 'node_modules/.bin/ava')
  const args = ['--tap', '--timeout', TEST_LIMIT, ...matches, ...files]
  const { stdout } = spawnSync(ava, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 })
  const lines = stdout.split('\n').filter((line) => !line.includes('# SKIP'))
  const failed = lines.filter((line) => /^not ok \d+ - /.test(line))
  return {
    passed: lines.filter((line) => /^ok \d+ - /.test(line)).length,
    failed: failed.filter((line) => isTitled(line, tests)).length,
    broken: failed.length,
  }
}

async function probeOne({ root, folder, applyPatch }, { file, patch, paths }, tests) {
  try {
    try {
      applyPatch(folder, patch)
    } catch (error) {
      return { isRed: false, says: `does not apply: ${error.message}` }
    }
    const complaint = compile(root, folder, paths)
    if (complaint !== undefined) return { isRed: false, says: `does not compile: ${complaint}` }
    const { passed, failed } = outcome(folder, tests)
    const says = failed > 0 ? `${failed} of ${passed + failed} red` : 'STAYS GREEN'
    return { isRed: failed > 0, says: `${says}  (${file})` }
  } finally {
    restore(root, folder, paths)
  }
}

/** `proofs`: the tests of each row. True where every drawn row's tests went red, and only then. */
export async function probe({ root, proofs, count, seed, only }) {
  const probes = probesOf(root)
  const all = [...probes.keys()].filter((row) => (proofs.get(row) ?? []).length > 0)
  const rows = only?.filter((row) => all.includes(row)) ?? drawn(all, count, seed)
  console.log(`seed ${seed}: ${rows.length} of ${all.length} rows with a probe`)
  const { applyPatch } = await import(pathToFileURL(join(root, 'build/test/sim/patches.js')).href)
  const folder = workbench(root)
  let isGood = rows.length > 0 && rows.length === (only ?? rows).length
  try {
    const green = outcome(
      folder,
      rows.flatMap((row) => proofs.get(row)),
    )
    console.log(`without an edit: ${green.passed} tests green, ${green.broken} red`)
    isGood &&= green.broken === 0 && green.passed > 0
    for (const row of rows) {
      for (const one of probes.get(row)) {
        const { isRed, says } = await probeOne({ root, folder, applyPatch }, one, proofs.get(row))
        isGood &&= isRed
        console.log(`${row.padEnd(8)} ${says}\n         ${one.story}`)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return isGood
}
