// Hostile lives that are worth living again: a few for each state, as text, one to a line.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Life } from './_core-life.js'

export interface Kept {
  readonly scene: string
  readonly words: readonly Uint8Array[]
}

const LIVES_OF_ONE_STATE = 12
const LIFE_BYTES_MAX = 800

/** In the sources, wherever the build is. */
function corpusFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return join(folder, 'test/fuzz/corpus/core.txt')
}

export function readCorpus(): Kept[] {
  const file = corpusFile()
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => {
    const [scene = '', words = ''] = line.split(': ')
    return {
      scene,
      words: words.split(' ').map((word) => new Uint8Array(Buffer.from(word, 'hex'))),
    }
  })
}

/**
 * What is kept stays; of what has other effects the shortest join it, where a state has room. Run
 * by hand, with TREEBUS_FUZZ_KEEP set.
 */
export function keepCorpus(lives: readonly Life[]): void {
  const sizeOf = ({ words }: Life) => words.reduce((sum, { length }) => sum + length, 0)
  const small = lives.filter((life) => life.words.length > 0 && sizeOf(life) <= LIFE_BYTES_MAX)
  const sorted = [...small].sort((a, b) => sizeOf(a) - sizeOf(b))
  const counts = new Map<string, number>()
  const before = readCorpus()
  for (const { scene } of before) counts.set(scene, (counts.get(scene) ?? 0) + 1)
  const isNew = sorted.filter(({ scene }) => {
    const count = (counts.get(scene) ?? 0) + 1
    counts.set(scene, count)
    return count <= LIVES_OF_ONE_STATE
  })
  const lines = [...before, ...isNew].map(({ scene, words }) => {
    return `${scene}: ${words.map((word) => Buffer.from(word).toString('hex')).join(' ')}\n`
  })
  writeFileSync(corpusFile(), lines.sort().join(''))
}
