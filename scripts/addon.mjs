// Makes the addon: at a user's install only where no prebuilt one fits, and never in a way that
// fails the install. `--prebuild` puts it into prebuilds/ where its sources are newer; npm runs
// that before every `npm run build` too, so that a checkout tests the addon it has. `--require`
// fails where nothing could be made.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const platform = `${process.platform}-${process.arch}`
const prebuilt = join(root, 'prebuilds', platform, 'treebus.node')
const built = join(root, 'build-native', 'treebus.node')
// node-gyp owns a folder named `build` beside binding.gyp; in the root that name is taken.
const workshop = join(root, 'build-native', 'workshop')
const required = process.argv.includes('--require')
const forPrebuilds = process.argv.includes('--prebuild')

/** The one line, and the end. */
function withoutAddon(reason) {
  console.log(`treebus: no shared-memory addon (${reason}); unix sockets and tcp are used instead`)
  process.exit(required ? 1 : 0)
}

function loads(path) {
  const { status } = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', path])
  return status === 0
}

/** npm brings its own node-gyp; a checkout has one among its dependencies. */
function findNodeGyp() {
  const npms = process.env.npm_config_node_gyp
  if (npms && existsSync(npms)) return npms
  try {
    return createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  } catch {
    return undefined
  }
}

/** Headers beside the running node save a download. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
}

function newest(path) {
  const facts = statSync(path)
  if (!facts.isDirectory()) return facts.mtimeMs
  return Math.max(...readdirSync(path).map((name) => newest(join(path, name))))
}

function isFresh() {
  const sources = ['binding.gyp', 'native/codec', 'native/ring', 'native/os', 'native/binding']
  const changedMs = Math.max(...sources.map((source) => newest(join(root, source))))
  return existsSync(prebuilt) && statSync(prebuilt).mtimeMs > changedMs
}

function build() {
  const nodeGyp = findNodeGyp()
  if (nodeGyp === undefined) withoutAddon('no node-gyp')
  rmSync(workshop, { recursive: true, force: true })
  mkdirSync(workshop, { recursive: true })
  copyFileSync(join(root, 'binding.gyp'), join(workshop, 'binding.gyp'))
  cpSync(join(root, 'native'), join(workshop, 'native'), { recursive: true })
  const args = [nodeGyp, 'rebuild', ...headers()]
  const options = {
    cwd: workshop,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, options)
  const made = join(workshop, 'build/Release/treebus.node')
  if (status !== 0 || !existsSync(made)) {
    if (required || process.env.TREEBUS_BUILD_VERBOSE) console.error(stdout, stderr)
    withoutAddon(error?.message ?? firstReason(`${stdout}${stderr}`))
  }
  const target = forPrebuilds ? prebuilt : built
  mkdirSync(dirname(target), { recursive: true })
  // Not over the old one: a process may have it mapped.
  copyFileSync(made, `${target}.new`)
  renameSync(`${target}.new`, target)
  rmSync(workshop, { recursive: true, force: true })
  if (!loads(target)) withoutAddon('what was built does not load')
  console.log(`treebus: built ${target}`)
}

/** The line of node-gyp's output that tells most. */
function firstReason(output) {
  const lines = output.split('\n').filter((line) => /(not found|error|ERR!)/i.test(line))
  const line = lines.find((text) => /not found|could not|error:/i.test(text)) ?? lines[0]
  return (
    line
      ?.replace(/^.*ERR!\s*(stack|build error)?\s*/, '')
      .trim()
      .slice(0, 120) ?? 'the build failed'
  )
}

if (process.platform === 'win32') withoutAddon('not made for this platform')
else if (forPrebuilds ? isFresh() : existsSync(prebuilt) && loads(prebuilt)) process.exit(0)
else build()
