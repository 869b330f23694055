import test from 'ava'
import { BusNode } from '../../src/index.js'
import { dataFrame, RawPeer } from '../node/_raw-peer.js'
import { LOCAL } from './_process-node.js'

test('robustness 6: three frames cut in two at every byte are three messages', async (t) => {
  t.timeout(300_000)
  const node = await BusNode.start({ id: 1n, listen: [LOCAL] })
  t.teardown(() => node.close())
  const peer = await RawPeer.join(node.addresses[0]!, 0x10n, 1)
  const texts = ['one', '', 'three '.repeat(20)]
  const frames = texts.map((text) => dataFrame({ from: 0x10n, to: 1n, text }))
  const stream = Buffer.concat(frames)
  const received: string[] = []
  let wake = () => {}
  node.on('message', ({ text }) => {
    received.push(text)
    wake()
  })
  for (let at = 0; at <= stream.length; at++) {
    received.length = 0
    await new Promise<void>((resolve) => {
      peer.socket.write(stream.subarray(0, at), () => setImmediate(() => setImmediate(resolve)))
    })
    peer.say(stream.subarray(at))
    while (received.length < 3) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    t.deepEqual(received, texts, `cut at ${at}`)
  }
  t.is(node.counters['badFrames'], 0)
  peer.hangUp()
})
