import { Worker } from 'node:worker_threads'
import test from 'ava'
import { BusNode } from '../../src/index.js'
import { LOCAL, until } from './_process-node.js'

test('worker threads each have a node, and end by themselves once it is closed', async (t) => {
  t.timeout(300_000)
  const root = await BusNode.start({ id: 1n, listen: [LOCAL] })
  t.teardown(() => root.close())
  root.on('message', (message) => message.isRequest && message.reply(message.payload))
  const ids = Array.from({ length: 8 }, (_, i) => 0x10n + BigInt(i))
  const answers = await Promise.all(
    ids.map((id) => {
      const program = new URL('./_worker-program.js', import.meta.url)
      const worker = new Worker(program, { workerData: { id, parent: root.addresses[0] } })
      return new Promise<unknown>((resolve, reject) => {
        let answer: unknown
        worker.on('message', (value) => {
          answer = value
        })
        worker.on('error', reject)
        worker.on('exit', () => resolve(answer))
      })
    }),
  )
  t.deepEqual(
    answers,
    ids.map((id) => `from ${id}`),
  )
  await until(() => root.peers().length === 0)
  t.is(root.counters['linksUp'], ids.length)
})

test('a worker that is terminated is gone for its neighbours', async (t) => {
  t.timeout(300_000)
  const root = await BusNode.start({ id: 1n, listen: [LOCAL] })
  t.teardown(() => root.close())
  const up = new Promise((resolve) => root.once('link_up', resolve))
  const down = new Promise((resolve) => root.once('link_down', resolve))
  const program = new URL('./_worker-program.js', import.meta.url)
  root.on('message', () => {})
  const worker = new Worker(program, { workerData: { id: 0x10n, parent: root.addresses[0] } })
  await up
  await worker.terminate()
  await down
  t.deepEqual(root.peers(), [])
})
