// The rules of the house for C++: sizes, names, and which room may know what.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const ROOMS = ['ring', 'codec', 'os', 'binding', 'test', 'bench']
const LINES_MAX = 400
const COLUMNS_MAX = 100

/** What the headers that a room includes may not match. */
const NOT_IN: Readonly<Record<string, RegExp>> = {
  ring: /napi|node_api|uv\.h|sys\/|unistd|fcntl|\.\.\//,
  codec: /napi|node_api|uv\.h|sys\/|unistd|fcntl|\.\.\//,
  os: /napi|node_api|uv\.h|binding|test|bench/,
  binding: /test|bench/,
  test: /napi|uv\.h|binding|bench/,
  bench: /napi|uv\.h|binding|test/,
}

const FILES = ROOMS.flatMap((room) =>
  readdirSync(join('native', room)).map((name) => {
    const path = join('native', room, name)
    return { room, name, path, lines: readFileSync(path, 'utf8').trimEnd().split('\n') }
  }),
)

test('no room of native/ is missing here', (t) => {
  t.deepEqual(readdirSync('native').sort(), [...ROOMS].sort())
})

test('rooms of native/ include only what is below them', (t) => {
  const wrong = FILES.flatMap(({ room, path, lines }) =>
    lines
      .filter((line) => line.startsWith('#include') && NOT_IN[room]!.test(line))
      .map((line) => `${path}: ${line}`),
  )
  t.deepEqual(wrong, [])
})

test('C++ files are snake_case nouns of at most 400 lines of 100 columns', (t) => {
  const wrong = FILES.flatMap(({ name, path, lines }) => [
    ...(/^[a-z0-9]+(_[a-z0-9]+)*\.(hpp|cpp)$/.test(name) ? [] : [`${path}: its name`]),
    ...(lines.length > LINES_MAX ? [`${path}: ${lines.length} lines`] : []),
    ...lines.flatMap((line, i) => (line.length > COLUMNS_MAX ? [`${path}:${i + 1}`] : [])),
  ])
  t.deepEqual(wrong, [])
})

test('every C++ file says what it is for, or its header does', (t) => {
  const headers = new Set(FILES.map(({ path }) => path))
  const wrong = FILES.filter(({ path, lines }) => {
    const hasHeader = path.endsWith('.cpp') && headers.has(path.replace('.cpp', '.hpp'))
    return !hasHeader && !/^\/\/ \S.+/.test(lines[0]!)
  })
  t.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('C++ has no macro with arguments outside its tests', (t) => {
  const wrong = FILES.filter(
    ({ room, lines }) => room !== 'test' && lines.some((line) => /^#define \w+\(/.test(line)),
  )
  t.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})
