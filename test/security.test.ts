import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { projectPath } from './core/_expected.js'

const PAGE = 'docs/security.md'
const REFERENCE = /`(test\/[\w/.-]+\.test\.ts)`: “([^”]+)”/g
const TITLE = /\btest(?:\.\w+)?\(\s*(?:'((?:[^'\\\n]|\\.)+)'|"([^"\n]+)"|`([^`]+)`)/g
/** Tests under a name of their own, where the platform decides whether they run. */
const NAMED = /\bseveral\(\s*'([^'\n]+)'/g

interface Reference {
  readonly file: string
  readonly title: string
}

function referencesOf(page: string): Reference[] {
  return [...page.matchAll(REFERENCE)].map(([, file = '', title = '']) => ({ file, title }))
}

/** Values of a table are `…`, in a source as on the page. */
function titlesOf(source: string): Set<string> {
  const plain = [...source.matchAll(TITLE), ...source.matchAll(NAMED)].map(
    ([, single, double, template]) => single ?? double ?? template ?? '',
  )
  return new Set(plain.map((title) => title.replace(/\$\{[^}]*\}/g, '…').replaceAll("\\'", "'")))
}

/** What the page names and no source has. */
function missing(references: readonly Reference[]): string[] {
  return references
    .filter(({ file, title }) => {
      const path = projectPath(file)
      return !existsSync(path) || !titlesOf(readFileSync(path, 'utf8')).has(title)
    })
    .map(({ file, title }) => `${file}: ${title}`)
}

function page(): string {
  return readFileSync(projectPath(PAGE), 'utf8')
}

test('every test that docs/security.md names exists under that title', (t) => {
  t.true(referencesOf(page()).length > 30)
  t.deepEqual(missing(referencesOf(page())), [])
})

test('every claim of docs/security.md names a test', (t) => {
  const claims = page()
    .split('\n')
    .filter((line) => line.startsWith('- '))
  t.true(claims.length > 20)
  t.deepEqual(
    claims.filter((claim) => referencesOf(claim).length === 0),
    [],
  )
})

test('a title that no test has, and a file that is not there, are found', (t) => {
  const file = 'test/security.test.ts'
  const right = { file, title: 'every claim of docs/security.md names a test' }
  const wrong = { file, title: 'nobody wrote this' }
  const gone = { file: 'test/gone.test.ts', title: 'x' }
  t.deepEqual(missing([right, wrong, gone]), [`${file}: nobody wrote this`, 'test/gone.test.ts: x'])
})
