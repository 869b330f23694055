// What waits for a full link: in order, bounded, and forgotten with its target.

import test from 'ava'
import { decodeMessage } from '../../../src/directory/directory-decode.js'
import { Outbox } from '../../../src/directory/shell/outbox.js'
import type { Layer } from '../../../src/node/layers.js'

/** A layer whose links are full for the ids in `full`. */
function madeLayer() {
  const full = new Set<bigint>()
  const gone = new Set<bigint>()
  const sent: { to: bigint; request: bigint }[] = []
  const layer: Layer = {
    send: (to, content) => {
      if (full.has(to)) return 'full'
      if (gone.has(to)) return 'no_route'
      const message = decodeMessage(content)
      sent.push({ to, request: message?.kind === 'probe' ? message.request : 0n })
      return 'sent'
    },
    contentBytesMax: 1024,
    lastSequence: 0,
    isSlow: false,
    lastLink: 0,
    close: () => undefined,
  }
  return { layer, full, gone, sent, outbox: new Outbox(layer) }
}

function probe(request: bigint) {
  return { kind: 'probe', request } as const
}

test('what a full link does not take waits, in order, and others are not held up', (t) => {
  const { full, outbox, sent } = madeLayer()
  full.add(1n)
  for (const request of [1n, 2n]) outbox.send(1n, probe(request))
  outbox.send(2n, probe(3n))
  full.clear()
  // Behind what waits, although the link would take it now.
  outbox.send(1n, probe(4n))
  t.deepEqual(sent, [{ to: 2n, request: 3n }])
  outbox.writable()
  t.deepEqual(
    sent.slice(1).map(({ request }) => request),
    [1n, 2n, 4n],
  )
  t.is(outbox.waitingBytes, 0)
  t.is(outbox.sent, 4)
  outbox.send(1n, probe(5n))
  t.is(sent.length, 5)
})

test('where no way leads a message is counted and dropped', (t) => {
  const { gone, outbox } = madeLayer()
  gone.add(1n)
  outbox.send(1n, probe(1n))
  t.is(outbox.dropped, 1)
  t.is(outbox.sent, 0)
})

test('what waits for who is gone is forgotten', (t) => {
  const { full, outbox, sent } = madeLayer()
  full.add(1n)
  outbox.send(1n, probe(1n))
  t.true(outbox.waitingBytes > 0)
  outbox.forget(1n)
  full.clear()
  outbox.writable()
  t.is(outbox.waitingBytes, 0)
  t.deepEqual(sent, [])
})

test('no more than 64 MiB wait, and what is beyond is counted', (t) => {
  const { full, outbox } = madeLayer()
  full.add(1n)
  const says = 'x'.repeat(1_000_000)
  const message = { kind: 'answer', request: 1n, code: 0, what: '', says } as const
  for (let count = 0; count < 80; count++) outbox.send(1n, message)
  t.true(outbox.waitingBytes <= 64 * 1024 * 1024)
  t.is(outbox.dropped, 80 - Math.floor((64 * 1024 * 1024) / 1_000_010))
})
