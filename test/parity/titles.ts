// Finds the tests that stand for a case of libatbus or for a quirk of its nodes, by their titles.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { projectPath } from '../core/_expected.js'

export interface TitledTest {
  /** `suite.case` of a parity test, `section-number` of a quirk. */
  readonly key: string
  readonly rule: string
  /** From the project's folder. */
  readonly file: string
}

/** A title in one piece of plain text: what is composed at run time could not be read here. */
const TITLE =
  /\btest(?:\.serial)?\(\s*(['"`])(parity|quirk) ([\w.-]+): ((?:(?!\1|\$\{)[^\\\n]|\\.)+)\1/g

export interface Titles {
  readonly parity: readonly TitledTest[]
  readonly quirks: readonly TitledTest[]
}

export function titlesOf(source: string, file: string): Titles {
  const found = [...source.matchAll(TITLE)].map(([, , kind, key = '', rule = '']) => ({
    kind,
    key,
    rule: rule.replace(/\\(.)/g, '$1'),
    file,
  }))
  const of = (wanted: string) =>
    found.filter(({ kind }) => kind === wanted).map(({ kind: _kind, ...titled }) => titled)
  return { parity: of('parity'), quirks: of('quirk') }
}

/** Of every test of the project, from its sources. */
export function allTitles(): Titles {
  const each = testFiles('test').map((file) =>
    titlesOf(readFileSync(projectPath(file), 'utf8'), file),
  )
  return {
    parity: each.flatMap(({ parity }) => parity),
    quirks: each.flatMap(({ quirks }) => quirks),
  }
}

function testFiles(folder: string): string[] {
  return readdirSync(projectPath(folder))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name)
      if (statSync(projectPath(path)).isDirectory()) return testFiles(path)
      return name.endsWith('.test.ts') ? [path] : []
    })
}
