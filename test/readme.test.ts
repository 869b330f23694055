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

test('the ten lines of the README print what their comments say', async (t) => {
  const [, example] =
    /```js\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'treebus-readme-'))
  try {
    const installed = join(folder, 'node_modules/treebus')
    mkdirSync(installed, { recursive: true })
    // As an installed package: its own name, its own entry, the dependencies beside it.
    symlinkSync(join(ROOT, BUILD, 'src'), join(installed, 'dist'))
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
    writeFileSync(join(installed, 'package.json'), readFileSync(join(ROOT, 'package.json')))
    const program = (example ?? '').replaceAll('7000', String(await freePort()))
    writeFileSync(join(folder, 'example.mjs'), program)
    const { stdout, stderr, status } = spawnSync(process.execPath, ['example.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    })
    t.is(stderr, '')
    t.is(status, 0)
    t.deepEqual(stdout.trim().split('\n').sort(), [
      '512n good morning',
      'NO_ROUTE',
      'hello, leaf',
      'sent',
    ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
