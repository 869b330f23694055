// Sends each frame of a ring back.

import type { Connection } from '../../src/channel/channel.js'
import { listenRing, RingFrameSink, RingFrameWriter } from '../bare/ring-frames.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startRingAnswerer(options: RoleOptions): Promise<Role> {
  const { listen = '', spinMicros } = options
  let count = 0
  const accept = (connection: Connection): RingFrameSink => {
    const writer = new RingFrameWriter(connection)
    return new RingFrameSink({
      frame: (words, start, end) => {
        if (!writer.put(1, words.subarray(start, end))) throw new Error('no room for an answer')
        count++
      },
    })
  }
  return { address: await listenRing(listen, accept, spinMicros), mark: () => markOf(count) }
}
