// Row 8: a registration that was recorded is played again, soon and late.

import { connect } from 'node:net'
import { BusNode } from '../../../src/index.js'
import { RawPeer } from '../../node/_raw-peer.js'
import { sleep } from '../../process/_process-node.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 8
export const title = 'a captured registration played again'
export const goal = 'refused every time, within the clock tolerance and beyond it'
export const sizes = { quick: '400 plays', full: '10,000' }

const TOLERANCE_SECONDS = 2

/** What a lawful child writes first: its registration. */
async function capture(): Promise<Uint8Array> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const first = new Promise<Uint8Array>((resolve) => {
    server.once('connection', (socket) => socket.once('data', (bytes) => resolve(bytes)))
  })
  const starting = BusNode.start({
    id: 0x10n,
    parent: `tcp://127.0.0.1:${port}`,
    tokens: ['token'],
  })
  const bytes = await first
  server.close()
  const direct = connect({ port, host: '127.0.0.1' })
  direct.on('error', () => {})
  direct.destroy()
  void starting.then((node) => node.close({ timeoutMs: 0 }))
  return bytes
}

/** Result codes of the answers. */
async function play(address: string, bytes: Uint8Array, times: number): Promise<number[]> {
  const codes: number[] = []
  for (let i = 0; i < times; i++) {
    const peer = await RawPeer.connect(address)
    peer.say(bytes)
    codes.push((await peer.hear('register_rsp')).resultCode)
    peer.hangUp()
  }
  return codes
}

export async function run({ full }: RunOptions): Promise<Outcome> {
  const times = full ? 5_000 : 200
  const tokens = ['token']
  const listen = ['tcp://127.0.0.1:0']
  const node = await BusNode.start({ id: 1n, listen, tokens, clockSkewSeconds: TOLERANCE_SECONDS })
  const address = node.addresses[0]!
  try {
    const recorded = await capture()
    const [original] = await play(address, recorded, 1)
    const soon = await play(address, recorded, times)
    await sleep((TOLERANCE_SECONDS + 2) * 1_000)
    const late = await play(address, recorded, times)
    const taken = [...soon, ...late].filter((code) => code === 0).length
    return {
      figure:
        `${taken} of ${2 * times} taken ` +
        `(the original: ${original === 0 ? 'taken' : 'refused'})`,
      verdict: verdictOf(taken === 0 && original === 0),
      values: { taken, times: 2 * times, original: original ?? -1 },
    }
  } finally {
    await node.close()
  }
}
