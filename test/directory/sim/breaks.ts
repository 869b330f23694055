// Planted bugs of the directory: small patches that its simulator must find, one by one.

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { applyPatch } from '../../sim/patches.js'
import { type DirectoryKit, loadKit } from './kit.js'

/** This file runs from `<root>/<build>/test/directory/sim`. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const PATCHES = join(ROOT, 'test/directory/sim/breaks')

export interface Break {
  readonly name: string
  /** What goes wrong, in one line: the first line of the patch. */
  readonly story: string
  readonly patch: string
}

export function breaks(): Break[] {
  const names = readdirSync(PATCHES).filter((file) => file.endsWith('.patch'))
  return names.sort().map((file) => {
    const patch = readFileSync(join(PATCHES, file), 'utf8')
    return { name: file.slice(0, -'.patch'.length), story: patch.split('\n')[0] ?? '', patch }
  })
}

/** A compiled copy of the sources with the bug in it. `remove` deletes the copy. */
export async function plant({
  patch,
}: Break): Promise<{ kit: DirectoryKit; kitUrl: URL; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-directory-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    for (const part of ['directory', 'wire', 'core', 'errors.ts']) {
      cpSync(join(ROOT, 'src', part), join(folder, 'src', part), { recursive: true })
    }
    applyPatch(folder, patch)
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    compile(folder)
    const kitUrl = pathToFileURL(`${join(folder, 'build')}/`)
    return { kit: await loadKit(kitUrl), kitUrl, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function compile(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    types: ['node'],
    rootDir: 'src',
    outDir: 'build',
    noCheck: true,
  }
  // The entries name what is needed; tsc follows their imports.
  const files = ['registry-core', 'directory-client', 'directory-encode', 'directory-decode']
  const project = { compilerOptions, files: files.map((file) => `src/directory/${file}.ts`) }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', '.'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the broken copy does not compile:\n${stdout}`)
  const generated = 'directory/generated'
  cpSync(join(folder, 'src', generated), join(folder, 'build', generated), { recursive: true })
}
