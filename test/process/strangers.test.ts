import test from 'ava'
import { LOCAL, PATIENT, Processes } from './_process-node.js'
import { amplified, churn, silentCrowd } from './_strangers.js'
import { strangersWords } from './_words.js'

const HERE = 0x1n
const TOKENS = ['token']
const ratioMax = 1.5

test.serial(
  'robustness 14: 1,000 silent sockets keep nobody out, are closed, and leave nothing',
  async (t) => {
    t.timeout(300_000)
    const all = new Processes()
    t.teardown(() => all.end())
    // The crowd is there before the first of it has run out of time, on a busy machine too.
    const limits = { registerMs: 15_000 }
    const here = await all.start({ id: HERE, listen: [LOCAL], tokens: TOKENS, limits })
    const quiet = { sharedMemory: 'off' as const, ...PATIENT }
    const crowd = await silentCrowd(here, 1_000, async () => {
      const parent = here.addresses
      const child = await all.start({ id: 0x10n, parent, tokens: TOKENS, ...quiet })
      await child.order('ready')
      t.is(await child.order('state'), 'running')
    })
    t.true(crowd.grownBytes < 64 * 2 ** 20, `${crowd.grownBytes} bytes more`)
    // The child's own connection is the one that stays.
    t.is(crowd.filesLeft, 1)
    const counters = await here.order<Record<string, number>>('counters')
    // The oldest made room for those past the limit, the rest ran out of time.
    t.is(counters['evicted']! + counters['refusedByUs']!, 1_000)
    t.true(counters['evicted']! >= 1_000 - 256)
    t.is(counters['linksUp'], 1)
  },
)

const several = process.platform === 'linux' ? test.serial : test.skip

several('robustness 15: 20,000 connections that come and go leave no file open', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const here = await all.start({ id: HERE, listen: [LOCAL], tokens: TOKENS })
  const child = await all.start({ id: 0x10n, parent: here.addresses, tokens: TOKENS })
  const { arrived, filesBefore, filesAfter } = await churn(here, { connections: 20_000 })
  t.true(arrived >= 20_000 * 0.99, `${arrived} arrived`)
  t.true(Math.abs(filesAfter - filesBefore) <= 5, `${filesBefore} → ${filesAfter} files`)
  // Who was there before the storm never noticed.
  t.is(await child.order('request', HERE, 'still', 10_000), 'still')
  t.is(child.count('link_down'), 0)
})

test.serial('robustness 16: a stranger gets back at most 1.5 times what it says', async (t) => {
  t.timeout(300_000)
  const all = new Processes()
  t.teardown(() => all.end())
  const here = await all.start({ id: HERE, listen: [LOCAL], tokens: TOKENS })
  let heard = 0
  for (const [name, bytes] of strangersWords()) {
    const { inBytes, outBytes } = await amplified(here.addresses[0]!, name, bytes)
    t.true(outBytes <= inBytes * ratioMax, `${name}: ${inBytes} in, ${outBytes} out`)
    heard += outBytes
  }
  t.true(heard > 0, 'a refusal says why')
})
