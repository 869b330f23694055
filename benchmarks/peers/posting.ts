// A pair that posts objects to its other half: many payloads in one post, or one to be answered.

import type { RoleOptions } from '../role.js'
import { numberedPayloads, type PairPeer, payloadViews } from './peer.js'

/** What one post carries at most; more is no faster. */
const TOGETHER_MAX = 64
const TOGETHER_BYTES_MAX = 64 * 1024

/** The other half, once it runs. */
export interface PostOffice {
  hear<T>(heard: (message: T) => void): unknown
  post(message: Uint8Array | readonly Uint8Array[]): unknown
}

export type HalfMode = 'sink' | 'answerer'

export function postingPair(
  start: (mode: HalfMode, options: RoleOptions) => Promise<PostOffice>,
): PairPeer {
  return {
    async openSource(options, credited) {
      const office = await start('sink', options)
      office.hear(credited)
      const { payloadBytes = 0 } = options
      const fits = Math.max(1, Math.floor(TOGETHER_BYTES_MAX / payloadBytes))
      const together = Math.min(TOGETHER_MAX, fits)
      const views = payloadViews(together, payloadBytes)
      return {
        send: (messages) => {
          for (let left = messages; left > 0; left -= together) {
            office.post(left >= together ? views : views.slice(0, left))
          }
          return undefined
        },
      }
    },
    async openCaller(options, replied) {
      const office = await start('answerer', options)
      const payloads = numberedPayloads(options)
      office.hear((payload: Uint8Array) => {
        if (payload.length !== options.payloadBytes) throw new Error('not the answer')
        replied(Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32LE(0))
      })
      return (number) => void office.post(payloads[number] as Buffer)
    },
  }
}
