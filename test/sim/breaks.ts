// Planted bugs: small patches to the core that the simulator must find, one by one.

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
import { type CoreKit, loadKit } from './kit.js'
import { applyPatch } from './patches.js'

/** This file runs from `<root>/<build>/test/sim`. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PATCHES = join(ROOT, 'test/sim/breaks')

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

export interface BrokenKit {
  readonly kit: CoreKit
  /** The compiled copy, for whoever loads it again in another thread. */
  readonly source: URL
  /** Removes the copy. */
  remove(): void
}

/** A compiled copy of the sources with the bug in it. */
export async function plant({ patch }: Break): Promise<BrokenKit> {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-sim-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    for (const part of ['core', 'wire', 'node', 'errors.ts']) {
      cpSync(join(ROOT, 'src', part), join(folder, 'src', part), { recursive: true })
    }
    applyPatch(folder, patch)
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    compile(folder)
    const source = pathToFileURL(`${join(folder, 'build')}/`)
    return { kit: await loadKit(source), source, remove }
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
  const files = ['core/node-core.ts', 'core/config.ts', 'wire/frame.ts', 'node/primitives.ts']
  const project = { compilerOptions, files: files.map((file) => `src/${file}`) }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', '.'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the broken copy does not compile:\n${stdout}`)
  const generated = 'wire/generated'
  cpSync(join(folder, 'src', generated), join(folder, 'build', generated), { recursive: true })
}
