// What people write and what they are shown: quantities, payloads, lines, settings.

import test from 'ava'
import { Given, layerOfEnvironment, layerOfFlags } from '../../src/cli/given.js'
import { readLines } from '../../src/cli/lines.js'
import { renderLine } from '../../src/cli/output-event.js'
import { contentOf, escaped, jsonLine } from '../../src/cli/printable.js'
import { parseCount, parseDuration, parseSize } from '../../src/cli/quantities.js'
import { flagOf, RUN_SETTINGS, variableOf } from '../../src/cli/settings.js'

test('a quantity is its number times its unit, and a plain number the smallest unit', (t) => {
  const rows = [
    [parseDuration('8s'), 8_000],
    [parseDuration('500ms'), 500],
    [parseDuration('1.5m'), 90_000],
    [parseDuration('3h'), 10_800_000],
    [parseDuration('250'), 250],
    [parseSize('2MiB'), 2_097_152],
    [parseSize('64kib'), 65_536],
    [parseSize('1MB'), 1_000_000],
    [parseSize('10'), 10],
    [parseCount('-5'), -5],
  ] as const
  for (const [parsed, expected] of rows) t.is(parsed, expected)
})

test('what is no quantity is not taken for one', (t) => {
  for (const text of ['', 's', '8 days', '-8s', '1e3', '8sx', '0x10', 'NaN', 'constructor']) {
    t.is(parseDuration(text), undefined, text)
    t.is(parseSize(text), undefined, text)
  }
  t.is(parseSize('1.5'), undefined)
  t.is(parseCount('1.5'), undefined)
})

test('a payload is text only where it is UTF-8 without control characters', (t) => {
  const bytes = (...values: number[]) => Uint8Array.from(values)
  t.deepEqual(contentOf(Buffer.from('a\tb\nGrüße')), { text: 'a\tb\nGrüße' })
  t.deepEqual(contentOf(bytes()), { text: '' })
  t.deepEqual(contentOf(bytes(0xef, 0xbb, 0xbf)), { text: '\ufeff' })
  t.deepEqual(contentOf(bytes(0xff, 0x41)), { hex: 'ff41' })
  t.deepEqual(contentOf(bytes(0x1b, 0x5b)), { hex: '1b5b' })
  t.deepEqual(contentOf(bytes(0x0d)), { hex: '0d' })
  t.deepEqual(contentOf(bytes(0x7f)), { hex: '7f' })
  t.deepEqual(contentOf(Buffer.from('\u009b1m')), { hex: 'c29b316d' })
})

test('nothing that a peer wrote can leave its line or command a terminal', (t) => {
  t.is(escaped('a\nb\u001b[2J\u009b\u202e\\'), 'a\\nb\\u001b[2J\\u009b\\u202e\\\\')
  const line = jsonLine({ address: 'x\u001b\u009b\u007f\u202e\u2028' })
  t.regex(line, /^[\x20-\x7e]*$/)
  t.deepEqual(JSON.parse(line), { address: 'x\u001b\u009b\u007f\u202e\u2028' })
  const told = renderLine('message', { from: '0x1', type: 3, text: 'one\ntwo' })
  t.is(told, 'message        0x1 type 3: one\\ntwo')
})

async function linesOf(chunks: readonly string[], lineBytesMax: number) {
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const lines: (string | undefined)[] = []
  for await (const { content, number } of readLines(stream(), lineBytesMax)) {
    lines.push(content?.toString())
    if (number !== lines.length) throw new Error(`number ${number}`)
  }
  return lines
}

test('lines are the same however their bytes are cut', async (t) => {
  const text = 'one\n\ntwo\r\nthree'
  const expected = ['one', '', 'two\r', 'three']
  t.deepEqual(await linesOf([text], 100), expected)
  t.deepEqual(await linesOf([...text], 100), expected)
  t.deepEqual(await linesOf(['one\n'], 100), ['one'])
  t.deepEqual(await linesOf([], 100), [])
})

test('a line over the bound is skipped and the next one is whole', async (t) => {
  t.deepEqual(await linesOf(['toolong\nok\n'], 4), [undefined, 'ok'])
  t.deepEqual(await linesOf([...'toolong\nok\n'], 4), [undefined, 'ok'])
  t.deepEqual(await linesOf(['1234\n', '12345'], 4), ['1234', undefined])
})

test('every setting has one flag and one variable, made from its name', (t) => {
  t.is(flagOf('maxMessageSize'), '--max-message-size')
  t.is(variableOf('keyExchange'), 'TREEBUS_KEY_EXCHANGE')
  t.is(new Set(RUN_SETTINGS.map(variableOf)).size, RUN_SETTINGS.length)
})

test('tokens of a stronger source replace those of a weaker one under either name', (t) => {
  const given = new Given([
    layerOfFlags({ token: ['strong'] }, RUN_SETTINGS),
    layerOfEnvironment({ TREEBUS_TOKEN_FILE: '/weak', TREEBUS_TTL: '4' }, RUN_SETTINGS),
  ])
  t.deepEqual(given.texts('token'), ['strong'])
  t.deepEqual(given.texts('tokenFile'), [])
  t.deepEqual(given.texts('ttl'), ['4'])
})

test('a comma separates addresses in a variable, but not the letters of a token', (t) => {
  const layer = layerOfEnvironment(
    { TREEBUS_LISTEN: 'tcp://a:1, tcp://b:2', TREEBUS_TOKEN: 'a,b', TREEBUS_CIPHER: 'x,y' },
    RUN_SETTINGS,
  )
  const given = new Given([layer])
  t.deepEqual(given.texts('listen'), ['tcp://a:1', 'tcp://b:2'])
  t.deepEqual(given.texts('token'), ['a,b'])
  t.deepEqual(given.texts('cipher'), ['x', 'y'])
})
