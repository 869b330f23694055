import test from 'ava'
import { type BusMessage, BusNode } from '../../src/index.js'
import { LOCAL, Processes, until } from './_process-node.js'

const HERE = 0x1n
const SLOW = 0x10n
const FAST = 0x11n

test.serial('robustness 28: a reader that stopped costs no more than the limit', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const limit = 4 * 1024 * 1024
  // However long the rounds take, the one that stopped is not taken for gone.
  const patient = { pingIntervalMs: 600_000 }
  const listen = [LOCAL]
  const here = await BusNode.start({ id: HERE, listen, sendBufferBytesMax: limit, ...patient })
  t.teardown(() => here.close())
  const slow = await all.start({ id: SLOW, parent: here.addresses, ...patient })
  await all.start({ id: FAST, parent: here.addresses })
  slow.signal('SIGSTOP')
  const payload = new Uint8Array(64 * 1024)
  const before = process.memoryUsage().arrayBuffers
  let sent = 0
  let pendingMax = 0
  const outcomes = new Map<string, number>()
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 50; i++) {
      const outcome = here.send(SLOW, payload)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (outcome === 'sent') sent++
      pendingMax = Math.max(pendingMax, here.counters['bytesPending']!)
    }
    t.is((await here.request(FAST, `round ${round}`)).text, `round ${round}`)
  }
  t.deepEqual([...outcomes.keys()].sort(), ['full', 'sent'])
  t.true(pendingMax <= limit * 1.1, `${pendingMax} bytes pending`)
  const grown = process.memoryUsage().arrayBuffers - before
  t.true(grown <= limit * 1.1 + 2 * 1024 * 1024, `${grown} bytes more in buffers`)
  const writable = new Promise<void>((resolve) => here.once('writable', resolve))
  slow.signal('SIGCONT')
  await writable
  await until(async () => (await slow.order<{ received: number }>('counters')).received === sent)
  t.is(here.peers().length, 2)
})

test.serial(
  'robustness 29: messages of all sizes between processes keep their order',
  async (t) => {
    t.timeout(300_000)
    const all = new Processes()
    t.teardown(() => all.end())
    for (const listen of [LOCAL, `unix:///tmp/treebus-order-${process.pid}.sock`]) {
      const here = await BusNode.start({ id: HERE, listen: [listen] })
      // The other end sends back what it gets: order holds both ways.
      const far = await all.start({ id: FAST, parent: here.addresses })
      let next = 0
      let wrong = 0
      const count = 4_000
      const sizes = [4, 17, 100, 1_000, 5_000, 60_000, 300_000]
      const sizeOf = (index: number) =>
        index % 500 === 499 ? 2 * 1024 * 1024 : sizes[(index * 7 + (index >> 3)) % sizes.length]!
      const whole = new Uint8Array(2 * 1024 * 1024)
      const answers: Promise<BusMessage>[] = []
      for (let sent = 0; sent < count; ) {
        const payload = whole.subarray(0, sizeOf(sent))
        new DataView(payload.buffer).setUint32(0, sent)
        if (here.counters['bytesPending']! > 4 * 1024 * 1024 || answers.length - next > 100) {
          await answers[next]
          continue
        }
        const index = sent
        const answer = here.request(FAST, payload)
        answers.push(answer)
        void answer.then(({ payload: back }) => {
          const at = new DataView(back.buffer, back.byteOffset).getUint32(0)
          if (at !== next || at !== index || back.length !== sizeOf(index)) wrong++
          next++
        })
        sent++
      }
      await Promise.all(answers)
      t.is(next, count)
      t.is(wrong, 0)
      await Promise.all([here.close(), far.end()])
    }
  },
)
