// Builds the project: protobuf code from the .proto files, then tsc.
//
//   node scripts/build.mjs            src, test and benchmarks into build/ (or $BUILD_DIR)
//   node scripts/build.mjs --dist     src in few files, with declarations, into dist/: the package
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
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

/**
 * Few files: a process that loads hundreds pays 2.4 MB of heap and twice the time. Names stay as
 * they are written; with `node --enable-source-maps` so do places, for src is in the package.
 */
function bundle(entries, ...options) {
  const form = ['--bundle', '--splitting', '--format=esm', '--platform=node', '--target=node20']
  const size = ['--minify-whitespace', '--minify-syntax', '--line-limit=160']
  const maps = ['--sourcemap=linked', '--sources-content=false']
  const rest = ['--packages=external', '--log-level=warning', ...options]
  return run('esbuild', [...entries, ...form, ...size, ...maps, ...rest])
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
const compiled = dist ? run('tsc', ['-p', 'tsconfig.dist.json']) : run('tsc', ['--outDir', out])
for (const { room } of PROTOCOLS) {
  const generated = `${room}/generated`
  cpSync(join(root, 'src', generated), join(root, out, dist ? '' : 'src', generated), {
    recursive: true,
    filter: (path) => !dist || !path.endsWith('.js'),
  })
}
process.exit(compiled && bundled() ? 0 : 1)

function bundled() {
  if (!dist) return bundledRoles()
  if (!bundle(['src/index.ts', 'src/cli/main.ts'], '--outbase=src', '--outdir=dist')) return false
  // npm marks the command as a program when it installs the package; here nobody else does.
  chmodSync(join(root, 'dist/cli/main.js'), 0o755)
  return true
}

/** What benchmarks measure is made as the package is. In one folder: they find each other. */
function bundledRoles() {
  rmSync(join(root, out, 'roles'), { recursive: true, force: true })
  const programs = ['role-process', 'peers/ipc-receiver', 'peers/port-receiver']
  const entries = programs.map((path) => `${basename(path)}=benchmarks/${path}.ts`)
  return bundle(entries, `--outdir=${out}/roles`)
}
