// The C++ tests: each is built plain, with ASAN and UBSAN, and with TSAN, and run. RING_TEST_MIB
// and RING_FUZZ_MS say how long. The names of builds and of tests on the command line choose some.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = join(root, 'native/test')
const out = join(root, 'build-native')

const linked = readdirSync(join(root, 'native/os'))
  .filter((name) => name.endsWith('.cpp'))
  .map((name) => join(root, 'native/os', name))

const BUILDS = {
  plain: ['-O2'],
  asan: ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  // The fences order flags alone; the data goes by acquire and release, which TSAN follows.
  tsan: ['-O1', '-g', '-fsanitize=thread', '-Wno-tsan'],
}
const WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wshadow']

const compiler = process.env.CXX ?? 'g++'
if (spawnSync(compiler, ['--version']).error) {
  console.log(`native tests skipped: no ${compiler}`)
  process.exit(process.env.CI ? 1 : 0)
}

function run(command, args) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' })
  if (status === 0) return true
  console.error(`${command} ${args.join(' ')}: ${signal ?? `exit ${status}`}`)
  return false
}

const TESTS = readdirSync(sources)
  .filter((name) => name.endsWith('_test.cpp'))
  .map((name) => name.replace('.cpp', ''))
const asked = process.argv.slice(2)

/** Those of `names` that were asked for, or all where none was. */
function chosen(names) {
  const some = names.filter((name) => asked.includes(name))
  return some.length > 0 ? some : names
}

mkdirSync(out, { recursive: true })
let good = true
for (const test of chosen(TESTS)) {
  for (const name of chosen(Object.keys(BUILDS))) {
    const program = join(out, `${test}-${name}`)
    const source = join(sources, `${test}.cpp`)
    const args = ['-std=c++20', '-pthread', ...WARNINGS, ...BUILDS[name], source, ...linked]
    console.log(`--- ${test}, ${name}`)
    good = run(compiler, [...args, '-o', program]) && run(program, []) && good
  }
}
process.exit(good ? 0 : 1)
