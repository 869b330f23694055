import test from 'ava'
import { CHUNK_BYTES, CHUNK_BYTES_MIN, idleChunks } from '../../src/channel/chunk-pool.js'
import { type Drain, Staging } from '../../src/channel/staging.js'
import { bytesOf } from './_harness.js'

const MIB = 1024 * 1024

/** Takes everything at once, or keeps it until `done` while `busy`. */
class SpyDrain implements Drain {
  busy = false
  writes: number[] = []
  writables = 0
  finishes = 0
  written = Buffer.alloc(0)
  #held: readonly Uint8Array[] = []

  write(parts: readonly Uint8Array[]): boolean {
    this.writes.push(parts.reduce((sum, part) => sum + part.length, 0))
    if (this.busy) this.#held = parts
    else this.written = Buffer.concat([this.written, ...parts])
    return !this.busy
  }

  /** The kernel has taken what it held. */
  done(staging: Staging): void {
    this.written = Buffer.concat([this.written, ...this.#held])
    this.#held = []
    staging.taken()
  }

  writable(): void {
    this.writables++
  }

  finished(): void {
    this.finishes++
  }
}

function put(staging: Staging, bytes: Uint8Array): string {
  const outcome = staging.claim(bytes.length)
  if (outcome !== 'ok') return outcome
  staging.buffer.set(bytes, staging.offset)
  staging.commit(bytes.length)
  return 'ok'
}

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

test.serial('the frames of a turn leave as one write at its end', async (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, MIB)
  for (let i = 0; i < 100; i++) put(staging, bytesOf(64, i))
  t.deepEqual(drain.writes, [])
  t.is(staging.pendingBytes, 6_400)
  await endOfTurn()
  t.deepEqual(drain.writes, [6_400])
  t.is(staging.pendingBytes, 0)
})

test.serial('a full chunk leaves at once and its memory is used again within the turn', (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, MIB)
  put(staging, bytesOf(CHUNK_BYTES, 1))
  const memory = staging.buffer
  put(staging, bytesOf(100, 2))
  t.deepEqual(drain.writes, [CHUNK_BYTES])
  t.is(staging.buffer, memory)
  staging.drop()
})

test.serial(
  'a turn that outgrows a small chunk is still one write, whole and in order',
  async (t) => {
    const drain = new SpyDrain()
    const staging = new Staging(drain, MIB)
    const frames = Array.from({ length: 30 }, (_, i) => bytesOf(1 + i * 100, i + 1))
    put(staging, frames[0]!)
    t.is(staging.buffer.length, CHUNK_BYTES_MIN)
    for (const frame of frames.slice(1)) put(staging, frame)
    t.is(staging.buffer.length, CHUNK_BYTES)
    const whole = Buffer.concat(frames)
    await endOfTurn()
    t.deepEqual(drain.writes, [whole.length])
    t.is(drain.written.compare(whole), 0)
  },
)

test.serial(
  'a word to each of 500 neighbours takes small chunks, which are used again',
  async (t) => {
    const areas = Array.from({ length: 500 }, () => new Staging(new SpyDrain(), MIB))
    const tell = () => areas.map((staging) => put(staging, bytesOf(100, 1)) && staging.buffer)
    const first = new Set(tell())
    await endOfTurn()
    t.true(tell().every((memory) => first.has(memory)))
    t.is(
      [...first].reduce((sum, memory) => sum + Number(memory.length), 0),
      500 * CHUNK_BYTES_MIN,
    )
    for (const staging of areas) staging.drop()
  },
)

test.serial(
  'while the drain is busy nothing is written, then all of it in order at once',
  async (t) => {
    const drain = new SpyDrain()
    const staging = new Staging(drain, 4 * MIB)
    const frames = Array.from({ length: 40 }, (_, i) => bytesOf(1 + i * 777, i + 1))
    drain.busy = true
    for (const frame of frames) {
      t.is(put(staging, frame), 'ok')
      await endOfTurn()
    }
    t.deepEqual(drain.writes, [1])
    drain.busy = false
    drain.done(staging)
    t.deepEqual(drain.writes.length, 2)
    t.is(drain.written.compare(Buffer.concat(frames)), 0)
  },
)

test.serial('one hand-over carries a bounded batch', async (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, 8 * MIB)
  drain.busy = true
  for (let i = 0; i < 80; i++) put(staging, bytesOf(60_000, i))
  drain.done(staging)
  t.true(Math.max(...drain.writes) <= MIB)
  while (staging.pendingBytes > 0) drain.done(staging)
  t.is(drain.written.length, 80 * 60_000)
})

test.serial('an idle area holds no chunk, whether the drain was free or busy', async (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, MIB)
  put(staging, bytesOf(10, 1))
  await endOfTurn()
  t.is(staging.buffer.length, 0)
  const before = idleChunks()
  drain.busy = true
  put(staging, bytesOf(10, 1))
  await endOfTurn()
  t.is(idleChunks(), before - 1)
  drain.done(staging)
  t.is(staging.buffer.length, 0)
  t.is(idleChunks(), before)
})

test.serial('memory that the drain still has is in no other hands', async (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, MIB)
  drain.busy = true
  put(staging, bytesOf(10, 1))
  const lent = staging.buffer
  await endOfTurn()
  const other = new Staging(new SpyDrain(), MIB)
  put(other, bytesOf(10, 2))
  put(staging, bytesOf(10, 3))
  t.not(other.buffer, lent)
  t.not(staging.buffer, lent)
  other.drop()
  staging.drop()
})

test.serial('a refused claim is called back once, at half of the limit and not before', (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, 4 * MIB)
  drain.busy = true
  while (put(staging, bytesOf(50_000, 1)) === 'ok') t.true(staging.pendingBytes <= 4 * MIB)
  t.is(staging.claim(50_000), 'full')
  while (staging.pendingBytes > 2 * MIB) {
    t.is(drain.writables, 0)
    drain.done(staging)
  }
  t.is(drain.writables, 1)
  while (staging.pendingBytes > 0) drain.done(staging)
  t.is(drain.writables, 1)
})

test.serial('a claim over the limit first lets a free drain make room', (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, 1_000)
  t.is(put(staging, bytesOf(800, 1)), 'ok')
  t.is(put(staging, bytesOf(800, 2)), 'ok')
  t.deepEqual(drain.writes, [800])
  t.is(staging.claim(1_001), 'full')
  staging.drop()
})

test.serial('a chunk that must wait half empty is cut to size', (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, 8 * MIB)
  drain.busy = true
  put(staging, bytesOf(33_000, 1))
  staging.flush()
  put(staging, bytesOf(33_000, 2))
  const memory = staging.buffer
  put(staging, bytesOf(33_000, 3))
  t.is(staging.buffer, memory)
  while (staging.pendingBytes > 0) drain.done(staging)
  const all = [1, 2, 3].map((seed) => bytesOf(33_000, seed))
  t.is(drain.written.compare(Buffer.concat(all)), 0)
})

test.serial('finish refuses claims, hands the rest over and says so once', (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, MIB)
  drain.busy = true
  put(staging, bytesOf(10, 1))
  staging.finish()
  t.is(staging.claim(1), 'closed')
  t.is(drain.finishes, 0)
  drain.done(staging)
  staging.finish()
  t.is(drain.finishes, 1)
})

test.serial('after drop nothing is pending, written or called back', async (t) => {
  const drain = new SpyDrain()
  const staging = new Staging(drain, 100)
  drain.busy = true
  put(staging, bytesOf(90, 1))
  t.is(put(staging, bytesOf(90, 2)), 'full')
  staging.drop()
  drain.done(staging)
  await endOfTurn()
  t.is(staging.pendingBytes, 0)
  t.deepEqual([drain.writes, drain.writables, drain.finishes], [[90], 0, 0])
})

test.serial('a commit of more than was claimed is an error of ours', (t) => {
  const staging = new Staging(new SpyDrain(), MIB)
  staging.claim(10)
  t.throws(() => staging.commit(11), { name: 'InvariantError' })
  staging.commit(10)
  t.throws(() => staging.commit(1), { name: 'InvariantError' })
  staging.drop()
})
