import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import test from 'ava'
import { temporaryDirectory } from '../channel/_harness.js'

/** What an install would find, in a folder of its own. */
function unpacked(): { path: string; remove(): void } {
  const folder = temporaryDirectory()
  for (const part of ['binding.gyp', 'native', 'scripts/addon.mjs', 'package.json']) {
    cpSync(part, join(folder.path, part), { recursive: true })
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder.path, 'node_modules'))
  return folder
}

const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
const LINE = /^treebus: no shared-memory addon \(.+\); unix sockets and tcp are used instead\n$/

function install(path: string, environment: NodeJS.ProcessEnv) {
  const env = { ...environment, HOME: path, TMPDIR: path }
  return spawnSync(process.execPath, ['scripts/addon.mjs'], { cwd: path, env, encoding: 'utf8' })
}

const WITHOUT: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  'nothing but node-gyp': { PATH: '/nonexistent', npm_config_node_gyp: nodeGyp },
  'a compiler that fails': { PATH: process.env.PATH, npm_config_node_gyp: nodeGyp, CXX: 'false' },
}

for (const [what, environment] of Object.entries(WITHOUT)) {
  test(`robustness 42: an install with ${what} says so in one line and succeeds`, (t) => {
    const { path, remove } = unpacked()
    t.teardown(remove)
    const { status, stdout, stderr } = install(path, environment)
    t.is(status, 0)
    t.regex(stdout, LINE)
    t.is(stderr, '')
    t.false(existsSync(join(path, 'build-native', 'treebus.node')))
  })
}

test('robustness 42: a prebuilt addon is taken without building, a broken one is not', (t) => {
  const { path, remove } = unpacked()
  t.teardown(remove)
  const folder = join(path, 'prebuilds', `${process.platform}-${process.arch}`)
  mkdirSync(folder, { recursive: true })
  // Anything that loads stands for it; `.node` files are for the system's loader.
  cpSync('package.json', join(folder, 'treebus.node'))
  t.regex(install(path, { PATH: '/nonexistent' }).stdout, LINE)
  const own = join('prebuilds', `${process.platform}-${process.arch}`, 'treebus.node')
  if (!existsSync(own)) return t.log('no prebuilt addon in this checkout')
  cpSync(own, join(folder, 'treebus.node'))
  const { status, stdout } = install(path, { PATH: '/nonexistent' })
  t.deepEqual([status, stdout], [0, ''])
})
