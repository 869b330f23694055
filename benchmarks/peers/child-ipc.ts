// child_process: a forked child, advanced serialization, arrays of payloads in one message.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RoleOptions } from '../role.js'
import { numberedPayloads, type PairPeer, payloadViews } from './peer.js'

const ENTRY = fileURLToPath(new URL('./ipc-receiver.js', import.meta.url))
const TOGETHER_MAX = 64
const TOGETHER_BYTES_MAX = 64 * 1024

let child: ChildProcess | undefined

async function startChild(mode: 'sink' | 'answerer', options: RoleOptions): Promise<ChildProcess> {
  child = fork(ENTRY, [JSON.stringify({ ...options, mode })], { serialization: 'advanced' })
  await once(child, 'message')
  child.on('exit', () => process.exit(1))
  return child
}

export const childIpc: PairPeer = {
  async openSource(options, credited) {
    const receiver = await startChild('sink', options)
    receiver.on('message', credited)
    const { payloadBytes = 0 } = options
    const fits = Math.max(1, Math.floor(TOGETHER_BYTES_MAX / payloadBytes))
    const together = Math.min(TOGETHER_MAX, fits)
    const views = payloadViews(together, payloadBytes)
    return {
      send: (messages) => {
        for (let left = messages; left > 0; left -= together) {
          receiver.send(left >= together ? views : views.slice(0, left))
        }
        return undefined
      },
    }
  },
  async openCaller(options, replied) {
    const receiver = await startChild('answerer', options)
    const payloads = numberedPayloads(options)
    receiver.on('message', (payload: Uint8Array) => {
      if (payload.length !== options.payloadBytes) throw new Error('not the answer')
      replied(Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32LE(0))
    })
    return (number) => void receiver.send(payloads[number] as Buffer)
  },
  otherPid: () => child?.pid ?? 0,
}
