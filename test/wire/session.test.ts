import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { bodyOfData, headOfData, OutgoingData, SelfId } from '../../src/wire/data-codec.js'
import { InnerCursor } from '../../src/wire/head.js'
import { OutgoingHead } from '../../src/wire/head-writer.js'
import { Session, type SessionRules } from '../../src/wire/session.js'
import { TestOutlet } from './_outlet.js'
import { Random, seedOfRun } from './_random.js'

const SELF = new SelfId(0, 0x200)

function session(seed: number, rules: Partial<SessionRules> = {}): Session {
  const random = new Random(seedOfRun() + seed)
  return new Session({
    primitives: nodePrimitives,
    random: (bytes) => random.bytes(bytes),
    curve: 'x25519',
    ciphers: ['aes-256-gcm'],
    compressions: [],
    bodyBytesMax: 100_000,
    ...rules,
  })
}

/** A dialler and an acceptor that have agreed; the confirm is out but not read. */
function agreed(rules: Partial<SessionRules> = {}): { dialler: Session; acceptor: Session } {
  const dialler = session(1, rules)
  const acceptor = session(2, rules)
  renew(dialler, acceptor, 100n)
  return { dialler, acceptor }
}

function renew(dialler: Session, acceptor: Session, sequence: bigint): void {
  const answer = acceptor.answer(dialler.offer(sequence))
  if (answer.kind === 'failed' || dialler.complete(answer.handshake).kind === 'failed') {
    throw new Error('no agreement')
  }
}

function sealed(from: Session, content: Uint8Array): { head: InnerCursor; inner: Uint8Array } {
  const message = new OutgoingData()
  message.content = content
  const outlet = new TestOutlet(content.length + 1_000)
  const head = new OutgoingHead()
  headOfData(head, SELF, message)
  from.sealInto(outlet, head, bodyOfData(SELF, message))
  const frame = outlet.takeFrame()
  let start = 4
  while ((frame[start] ?? 0) >= 128) start++
  const inner = frame.slice(start + 1)
  const cursor = new InnerCursor()
  cursor.read(inner, 0, inner.length)
  return { head: cursor, inner }
}

/** What the other end makes of one message: the fault, or the bytes of the content. */
function carried(from: Session, to: Session, content: Uint8Array): string {
  const { head, inner } = sealed(from, content)
  const fault = to.open(head, inner)
  if (fault !== undefined) return fault
  const body = to.body.subarray(to.bodyStart, to.bodyEnd)
  const message = new OutgoingData()
  message.content = content
  return Buffer.from(body).equals(bodyOfData(SELF, message)) ? 'same' : 'other'
}

const WORDS = new TextEncoder().encode('some words')

test('the acceptor sends under new keys at once and reads them once they are confirmed', (t) => {
  const { dialler, acceptor } = agreed()
  t.is(carried(acceptor, dialler, WORDS), 'same')
  t.is(carried(dialler, acceptor, WORDS), 'CIPHER_MISMATCH')
  t.false(acceptor.confirm(99n))
  t.is(carried(dialler, acceptor, WORDS), 'CIPHER_MISMATCH')
  t.true(acceptor.confirm(100n))
  t.is(carried(dialler, acceptor, WORDS), 'same')
  t.false(acceptor.confirm(100n))
})

test('parity atbus_connection_context.key_renegotiation_flow: during a refresh the acceptor reads the old keys until the confirm', (t) => {
  const { dialler, acceptor } = agreed()
  acceptor.confirm(100n)
  const answer = acceptor.answer(dialler.offer(200n))
  t.is(carried(dialler, acceptor, WORDS), 'same')
  t.is(carried(acceptor, dialler, WORDS), 'DECRYPT_FAILED')
  if (answer.kind === 'done') dialler.complete(answer.handshake)
  t.is(carried(acceptor, dialler, WORDS), 'same')
  t.is(carried(dialler, acceptor, WORDS), 'DECRYPT_FAILED')
  t.true(acceptor.confirm(200n))
  t.is(carried(dialler, acceptor, WORDS), 'same')
})

test('a refresh offers the cipher in use alone', (t) => {
  const ciphers = ['aes-128-gcm', 'aes-256-gcm'] as const
  const { dialler } = agreed({ ciphers })
  t.deepEqual(dialler.offer(300n)?.algorithms, [14])
})

test('clear text is refused from the agreement on, on both ends', (t) => {
  const fresh = session(3)
  t.false(fresh.refusesClear)
  t.true(fresh.isDirect)
  const { dialler, acceptor } = agreed()
  for (const each of [dialler, acceptor]) {
    t.true(each.refusesClear)
    t.true(each.keyed)
    t.false(each.isDirect)
    t.is(each.handshakeSequence, 100n)
  }
})

test('any changed byte of a sealed message is found', (t) => {
  const { dialler, acceptor } = agreed()
  acceptor.confirm(100n)
  const { head, inner } = sealed(dialler, WORDS)
  for (let at = head.blockStart; at < inner.length; at++) {
    const changed = inner.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    t.is(acceptor.open(head, changed), 'DECRYPT_FAILED', `byte ${at}`)
  }
  t.is(acceptor.open(head, inner), undefined)
})

const LIES: [string, (head: InnerCursor) => void, string][] = [
  [
    'a body larger than the limit',
    (head) => {
      head.bodyBytes = 100_001
    },
    'BAD_SIZE',
  ],
  [
    'a body larger than what came',
    (head) => {
      head.bodyBytes = 90_000
    },
    'BAD_SIZE',
  ],
  [
    'an unknown cipher',
    (head) => {
      head.cryptoAlgorithm = 99
    },
    'CIPHER_MISMATCH',
  ],
  [
    'another cipher than agreed',
    (head) => {
      head.cryptoAlgorithm = 14
    },
    'CIPHER_MISMATCH',
  ],
  [
    'a compression that the body does not have',
    (head) => {
      head.compressionType = 400
      head.compressedBytes = 10
    },
    'COMPRESSION',
  ],
  [
    'no IV',
    (head) => {
      head.ivEnd = head.ivStart
    },
    'DECRYPT_FAILED',
  ],
  [
    'no block',
    (head) => {
      head.blockEnd = head.blockStart
    },
    'DECRYPT_FAILED',
  ],
]

for (const [title, lie, fault] of LIES) {
  test(`a head that says of ${title} is answered with ${fault}`, (t) => {
    const { dialler, acceptor } = agreed({ compressions: ['zlib'] })
    acceptor.confirm(100n)
    const { head, inner } = sealed(dialler, WORDS)
    lie(head)
    t.is(acceptor.open(head, inner), fault as ReturnType<Session['open']>)
  })
}

test('an answer is taken once, and only to the offer that is open', (t) => {
  const dialler = session(1)
  const acceptor = session(2)
  const answer = acceptor.answer(dialler.offer(100n))
  if (answer.kind === 'failed' || answer.handshake === undefined) return t.fail('no answer')
  const other = session(4)
  other.offer(101n)
  const refused = other.complete(answer.handshake)
  t.is(refused.kind === 'failed' && refused.wireCode, -239)
  t.false(other.keyed)
  t.is(dialler.complete(answer.handshake).kind, 'done')
  t.true(dialler.keyed)
  const late = session(5)
  t.is(late.complete(answer.handshake).kind, 'done')
  t.false(late.keyed)
})

for (const [title, rules] of [
  ['without a curve', { curve: 'none' }],
  ['without ciphers', { ciphers: [] }],
] as const) {
  test(`${title} nothing is offered`, (t) => {
    t.is(session(1, rules).offer(1n), undefined)
  })
}

test('messages of every size from 0 to 200 bytes survive every cipher', (t) => {
  for (const cipher of nodePrimitives.ciphers) {
    const { dialler, acceptor } = agreed({ ciphers: [cipher] })
    acceptor.confirm(100n)
    for (let size = 0; size <= 200; size++) {
      const outcome = carried(dialler, acceptor, new Uint8Array(size).fill(size))
      if (outcome !== 'same') t.fail(`${cipher} ${size}: ${outcome}`)
    }
    t.is(carried(acceptor, dialler, new Uint8Array(50_000)), 'same', cipher)
  }
})

test('a full outlet and a closed one are told, and the session goes on', (t) => {
  const { dialler, acceptor } = agreed()
  acceptor.confirm(100n)
  for (const refuse of ['full', 'closed'] as const) {
    const outlet = new TestOutlet()
    outlet.refuse = refuse
    t.is(dialler.sealInto(outlet, new OutgoingHead(), WORDS), refuse)
  }
  t.is(carried(dialler, acceptor, WORDS), 'same')
})

test('compression is that of the lowest number which both sides know', (t) => {
  const rules = { compressions: ['zlib', 'snappy'], curve: 'none' } as const
  const one = session(1, rules)
  one.acceptCompressions([400, 300, 7])
  t.is(one.compressionName, nodePrimitives.compressions.has('snappy') ? 'snappy' : 'zlib')
  one.acceptCompressions([100, 200])
  t.is(one.compressionName, undefined)
  t.true(one.isDirect)
})
