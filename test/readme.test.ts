// The example of the README runs as it is printed.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'

const ROOT = process.cwd()
const BUILD = process.env['BUILD_DIR'] ?? 'build'

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** What the example behind a headline prints when it runs as an installed package. */
async function printed(headline: string, port: string) {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf(headline))
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(section) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'treebus-readme-'))
  try {
    const installed = join(folder, 'node_modules/treebus')
    mkdirSync(installed, { recursive: true })
    // As an installed package: its own name, its own entry, the dependencies beside it.
    symlinkSync(join(ROOT, BUILD, 'src'), join(installed, 'dist'))
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
    writeFileSync(join(installed, 'package.json'), readFileSync(join(ROOT, 'package.json')))
    const program = example.replaceAll(port, String(await freePort()))
    writeFileSync(join(folder, 'example.mjs'), program)
    const { stdout, stderr, status } = spawnSync(process.execPath, ['example.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 300_000,
    })
    const lines = example.split('\n').filter((line) => line !== '').length
    return { lines, stderr, status, said: stdout.trim().split('\n').sort() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('the ten lines of the README print what their comments say', async (t) => {
  const { said, status, stderr } = await printed('## Ten lines', '7000')
  t.is(stderr, '')
  t.is(status, 0)
  t.deepEqual(said, ['512n good morning', 'NO_ROUTE', 'hello, leaf', 'sent'])
})

test('001-29: fifteen lines join, find a peer and talk, with no registry, route or socket call', async (t) => {
  const { lines, said, status, stderr } = await printed('## Services', '7001')
  t.is(stderr, '')
  t.is(status, 0)
  t.true(lines <= 15, `${lines} lines`)
  t.deepEqual(said, ['1 unreachable', 'found lobby 2n', 'lobby hears hello', '{ room: 3 }'])
})
