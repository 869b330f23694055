import test from 'ava'
import { EXTENSION } from '../../src/wire/extension.js'
import { parentOf } from './_tree.js'

const HOST = 0x100n
const CHILD = 0x200n

interface RecordWords {
  readonly bytes?: number
  readonly mark?: string
  readonly text: string
}

/** Every byte below 0x80, so that it is a text. */
function recordText({ text, bytes = text.length, mark = '\0\0\0\0' }: RecordWords): string {
  return `${String.fromCharCode(bytes)}\0\0\0${mark}\x07\0\0\0\x09\0\0\0\0\0\0\0${text}`
}

const extensionText = (kind: number) => `${String.fromCharCode(kind)}${'\0'.repeat(15)}`

test('a bundle of a neighbour is its messages, in order', (t) => {
  const [host, child] = parentOf(CHILD)
  const text = ['one', '', 'three'].map((word) => recordText({ text: word })).join('')
  child!.sayData({ from: CHILD, to: HOST, text, extensionKind: EXTENSION.BUNDLE })
  t.deepEqual(
    host.messages.map(({ from, text: told }) => `${from} ${told}`),
    ['one', '', 'three'].map((word) => `${CHILD} ${word}`),
  )
  t.is(host.core.counters.received, 3)
  t.is(host.core.counters.badMessages, 0)
})

test('an empty bundle is lawful and nothing', (t) => {
  const [host, child] = parentOf(CHILD)
  child!.sayData({ from: CHILD, to: HOST, text: '', extensionKind: EXTENSION.BUNDLE })
  t.deepEqual(host.messages, [])
  t.is(host.core.counters.badMessages, 0)
})

const good = recordText({ text: 'good' })
const BROKEN: [title: string, behind: string][] = [
  ['cut in its header', good.slice(0, 19)],
  ['longer than the bundle', recordText({ text: 'x', bytes: 2 })],
  ['with another mark', `${recordText({ text: 'x', mark: '\x01\0\0\0' })}${good}`],
  ['with an unknown flag', `${recordText({ text: 'x', mark: '\0\x02\0\0' })}${good}`],
  ['with an extension cut short', recordText({ text: 'x'.repeat(15), mark: '\0\x01\0\0' })],
  ...[EXTENSION.BUNDLE, EXTENSION.MARK, EXTENSION.LIFE_PROBE].map((kind): [string, string] => [
    `of kind ${kind}, which only a frame may be`,
    recordText({ text: extensionText(kind), mark: '\0\x01\0\0' }),
  ]),
]

for (const [title, behind] of BROKEN) {
  test(`a bundle ends at a record ${title}, and is counted`, (t) => {
    const [host, child] = parentOf(CHILD)
    const text = `${good}${behind}`
    child!.sayData({ from: CHILD, to: HOST, text, extensionKind: EXTENSION.BUNDLE })
    t.is(host.messages[0]?.text, 'good')
    t.is(host.messages.length, 1)
    t.is(host.core.counters.badMessages, 1)
    t.true(child!.isOpen)
  })
}

test('the third broken bundle in ten seconds ends the link', (t) => {
  const [host, child] = parentOf(CHILD)
  for (let i = 0; i < 3; i++) {
    t.true(child!.isOpen)
    child!.sayData({ from: CHILD, to: HOST, text: 'broken', extensionKind: EXTENSION.BUNDLE })
  }
  t.false(child!.isOpen)
  t.is(host.core.link(CHILD), undefined)
})

test('nobody bundles the messages of others', (t) => {
  const [host, child] = parentOf(CHILD, 0x300n)
  child!.sayData({ from: 0x999n, to: HOST, text: good, extensionKind: EXTENSION.BUNDLE })
  t.deepEqual(host.messages, [])
})
