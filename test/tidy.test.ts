// The rules of the house that a machine can hold.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'ava'

const ROOT = process.cwd()
const LINES_MAX = 400
const COLUMNS_MAX = 100

/** Which rooms a room may import, beside itself. Everyone may import errors. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  core: ['wire'],
  channel: [],
  directory: ['core', 'wire'],
  services: ['directory', 'directory/shell', 'node', 'core', 'wire'],
  bootstrap: [],
  node: ['core', 'wire', 'channel'],
  'directory/shell': ['directory', 'bootstrap', 'node', 'core', 'wire'],
  cli: ['node', 'index', 'directory', 'directory/shell', 'bootstrap', 'services'],
}

/** What may not appear where nothing but arguments may decide. */
const IMPURE: ReadonlyArray<readonly [RegExp, string]> = [
  [/from 'node:/, 'imports node:*'],
  [/\bDate\b(?!Time)/, 'reads the clock'],
  [/\bMath\.random\b/, 'draws chance'],
  [/\bperformance\b/, 'reads the clock'],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, 'owns a timer'],
  [/\basync\b|\bawait\b|\bnew Promise\b/, 'waits'],
  [/\bBuffer\b(?! *[.,;]? *(whose|is))/, 'uses Buffer'],
  [/\bprocess\./, 'uses process'],
]

const FORBIDDEN: ReadonlyArray<readonly [RegExp, string]> = [
  [/^export default\b/, 'default export'],
  [/^\s*(export )?(const )?enum\b/, 'enum'],
  [/ as any\b(?! other)/, 'any'],
  [/@ts-(ignore|nocheck|expect-error)/, 'a silenced compiler'],
  [new RegExp(`\\b(${['FIX', 'ME'].join('')}|${['X', 'XX'].join('')})\\b`), 'a leftover'],
  [/\btest\.(only|failing)\b/, 'a test that does not count'],
]

const BAD_NAMES = /(^|[-/])(utils?|helpers?|common|manager|misc)([-.]|$)/

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(ROOT, path)).isDirectory())
      return name === 'generated' ? [] : filesBelow(path)
    return /\.(ts|mjs)$/.test(name) ? [path] : []
  })
}

const SOURCES = filesBelow('src')
const ALL = [
  ...SOURCES,
  ...filesBelow('test'),
  ...filesBelow('benchmarks'),
  ...filesBelow('scripts'),
]

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Lines that are code: comments may name what code may not use. */
function codeLines(path: string): string[] {
  return read(path)
    .split('\n')
    .map((line) => line.replace(/^\s*(\/\/|\*|\/\*).*$/, '').replace(/\s\/\/ .*$/, ''))
}

/** The shell of the directory is a room of its own: the cores beside it are pure. */
const INNER_ROOMS = ['directory/shell']

function roomOf(path: string): string {
  const inner = INNER_ROOMS.find((name) => path.startsWith(`src/${name}/`))
  if (inner !== undefined) return inner
  const [, room = '', ...rest] = path.split('/')
  return rest.length === 0 ? room.replace(/\.ts$/, '') : room
}

/** `breach` is called for each line of code with its number. */
function breaches(
  paths: readonly string[],
  breach: (line: string) => string | undefined,
): string[] {
  return paths.flatMap((path) =>
    codeLines(path).flatMap((line, index) => {
      const what = breach(line)
      return what === undefined ? [] : [`${path}:${index + 1} ${what}: ${line.trim()}`]
    }),
  )
}

function importsOf(path: string): string[] {
  const source = read(path)
  const found = [
    ...source.matchAll(/^(?:import|export)\b[^'\n]*(?:\n[^'\n]+)*?from '(\.[^']+)'/gm),
    ...source.matchAll(/\bimport\('(\.[^']+)'\)/g),
  ]
  return found.map(([, target = '']) =>
    relative(ROOT, resolve(ROOT, dirname(path), target)).replace(/\.js$/, '.ts'),
  )
}

test('rooms import only downwards along the layers', (t) => {
  const wrong = SOURCES.filter((path) => roomOf(path) !== 'index').flatMap((path) => {
    const room = roomOf(path)
    const allowed = new Set([room, 'errors', ...(LAYERS[room] ?? [])])
    const imports = importsOf(path).filter((target) => !target.includes('/generated/'))
    return imports
      .filter((target) => !allowed.has(roomOf(target)))
      .map((target) => `${path} imports ${target}`)
  })
  t.deepEqual(wrong, [])
})

test('no imports go round in a circle', (t) => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    if (way.includes(path) || done.has(path)) return
    for (const next of importsOf(path)) if (SOURCES.includes(next)) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of SOURCES) visit(path, [])
  // Types may refer to each other: only what runs at import time matters, and those are erased.
  const running = circles.filter((circle) => isRunning(circle.split(' -> ')))
  t.deepEqual(running, [])
})

/** Whether each step of a circle imports something that is not only a type. */
function isRunning(circle: readonly string[]): boolean {
  return circle.slice(0, -1).every((path, index) => {
    const target = circle[index + 1] ?? ''
    const name = target.slice(target.lastIndexOf('/') + 1).replace(/\.ts$/, '.js')
    const source = read(path)
    const statement = new RegExp(`^import (type )?[^']*?from '[^']*${name}'`, 'gm')
    return [...source.matchAll(statement)].some(([text, type]) => {
      if (type !== undefined) return false
      const names = text.slice(text.indexOf('{') + 1, text.indexOf('}')).split(',')
      return names.some((word) => word.trim() !== '' && !word.trim().startsWith('type '))
    })
  })
}

/** Rooms where nothing but arguments decides. */
const PURE_ROOMS = ['core', 'wire', 'directory']

/** Choosing a service is pure too; beside it the room has what talks to the node. */
const PURE_FILES = [
  'candidate',
  'candidate-filter',
  'consistent-hash-selector',
  'hash-selector',
  'health-score',
  'health-table',
  'least-load-selector',
  'list-views',
  'load-gauge',
  'load-values',
  'name-hash',
  'pipeline',
  'random-selector',
  'round-robin-selector',
  'select-key',
  'selector',
  'selector-registry',
  'selector-view',
  'smooth-selector',
  'zone-calibration',
].map((name) => `src/services/${name}.ts`)

test('core, wire, directory and the choice of a service have no clock, no chance, no timer and nothing of Node', (t) => {
  const pure = SOURCES.filter((path) => PURE_ROOMS.includes(roomOf(path)))
  t.deepEqual(
    PURE_FILES.filter((path) => !SOURCES.includes(path)),
    [],
  )
  t.deepEqual(
    breaches(
      [...pure, ...PURE_FILES],
      (line) => IMPURE.find(([pattern]) => pattern.test(line))?.[1],
    ),
    [],
  )
})

test('no default exports, enums, any, silenced errors or leftovers', (t) => {
  t.deepEqual(
    breaches(
      ALL.filter((path) => path !== 'test/tidy.test.ts'),
      (line) => FORBIDDEN.find(([pattern]) => pattern.test(line))?.[1],
    ),
    [],
  )
})

test(`no source file is longer than ${LINES_MAX} lines, no line than ${COLUMNS_MAX} columns`, (t) => {
  const long = ALL.filter((path) => read(path).split('\n').length - 1 > LINES_MAX)
  t.deepEqual(
    long.filter((path) => !path.startsWith('test/')),
    [],
  )
  const wide = ALL.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (isTooWide(line) ? [`${path}:${index + 1}`] : [])),
  )
  t.deepEqual(wide, [])
})

/** A rule in words, as the title of a test, is not broken in two. */
function isTooWide(line: string): boolean {
  return line.replace(/(['`]).{50,}\1/, "''").length > COLUMNS_MAX
}

test('every source file says in its first line what it is for', (t) => {
  const silent = SOURCES.filter((path) => {
    const [first = '', second = ''] = read(path).split('\n')
    const line = first.startsWith('#!') ? second : first
    return !/^\/\/ \S.{10,}/.test(line)
  })
  t.deepEqual(silent, [])
})

test('file names are kebab-case nouns', (t) => {
  const odd = SOURCES.filter((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) || BAD_NAMES.test(path)
  })
  t.deepEqual(odd, [])
})

test('every source file is used', (t) => {
  const used = new Set(ALL.flatMap(importsOf))
  const entries = new Set([
    'src/index.ts',
    'src/cli/main.ts',
    'src/cli/demo/demo.ts',
    'src/cli/demo/directory-demo.ts',
    'src/cli/demo/game-demo.ts',
  ])
  t.deepEqual(
    SOURCES.filter((path) => !used.has(path) && !entries.has(path)),
    [],
  )
})

test('the lock file carries no download addresses', (t) => {
  t.false(read('package-lock.json').includes('"resolved"'))
})
