// The C++ tests: each is built plain, with ASAN and UBSAN, and with TSAN, and run. RING_TEST_MIB
// and RING_FUZZ_MS say how long; the names of single builds may follow on the command line.
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

mkdirSync(out, { recursive: true })
const asked = process.argv.slice(2)
let good = true
for (const file of readdirSync(sources).filter((name) => name.endsWith('_test.cpp'))) {
  for (const [name, flags] of Object.entries(BUILDS)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const program = join(out, `${file.replace('.cpp', '')}-${name}`)
    const args = ['-std=c++20', '-pthread', ...WARNINGS, ...flags, join(sources, file), ...linked]
    console.log(`--- ${file}, ${name}`)
    good = run(compiler, [...args, '-o', program]) && run(program, []) && good
  }
}
process.exit(good ? 0 : 1)
