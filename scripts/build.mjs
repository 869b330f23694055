// Builds the project: protobuf code from the .proto files, then tsc.
//
//   node scripts/build.mjs            src, test and benchmarks into build/ (or $BUILD_DIR)
//   node scripts/build.mjs --dist     src alone into dist/, with declarations: what is published
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Each room with messages of its own, and their file: ROOM/generated/NAME.js comes of it. */
const PROTOCOLS = [
  { room: 'wire', name: 'bus' },
  { room: 'directory', name: 'directory' },
]

function run(command, args) {
  const { status } = spawnSync(join(root, 'node_modules/.bin', command), args, {
    cwd: root,
    stdio: 'inherit',
  })
  return status === 0
}

function generateProtocol({ room, name }) {
  const proto = join(root, 'src', room, `${name}.proto`)
  const generated = join(root, 'src', room, 'generated')
  const output = join(generated, `${name}.js`)
  const isNewer = (source) => statSync(output).mtimeMs > statSync(source).mtimeMs
  if (existsSync(output) && isNewer(proto) && isNewer(fileURLToPath(import.meta.url))) return true
  mkdirSync(generated, { recursive: true })
  const leaveOut = ['--no-service', '--no-delimited', '--no-verify', '--no-convert', '--no-typeurl']
  const form = ['-t', 'static-module', '-w', 'esm', '--dts', '--force-long']
  // In a root of its own each: both have the package `treebus`, and the later would hide the other.
  return run('pbjs', [...form, ...leaveOut, '--root', `treebus-${name}`, '-o', output, proto])
}

const dist = process.argv.includes('--dist')
if (!existsSync(join(root, 'node_modules/.bin/tsc'))) {
  console.error('treebus: not built: the development dependencies are not installed')
  // An install without them is no failure; being asked to build is.
  process.exit(dist ? 0 : 1)
}
const out = dist ? 'dist' : (process.env.BUILD_DIR ?? 'build')
if (!PROTOCOLS.every(generateProtocol)) process.exit(1)
if (dist) rmSync(join(root, 'dist'), { recursive: true, force: true })
const project = dist ? ['-p', 'tsconfig.dist.json'] : ['--outDir', out]
const compiled = run('tsc', project)
for (const { room } of PROTOCOLS) {
  const generated = `${room}/generated`
  cpSync(join(root, 'src', generated), join(root, out, dist ? '' : 'src', generated), {
    recursive: true,
  })
}
// npm marks the command as a program when it installs the package; a checkout has to do it itself.
if (dist && compiled) chmodSync(join(root, 'dist/cli/main.js'), 0o755)
process.exit(compiled ? 0 : 1)
