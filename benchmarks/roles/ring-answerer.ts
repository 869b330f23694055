// Sends each frame of a ring back.

import type { Connection } from '../../src/channel/channel.js'
import { listenRing, putFrames, RingFrameSink } from '../bare/ring-frames.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startRingAnswerer(options: RoleOptions): Promise<Role> {
  const { listen = '', spinMicros } = options
  let count = 0
  const accept = (connection: Connection): RingFrameSink =>
    new RingFrameSink({
      frame: (words, start, end) => {
        const bytes = 4 + (end - start) * 4
        if (connection.claim(bytes) !== 'ok') throw new Error('no room for an answer')
        putFrames(connection.buffer, connection.offset, 1, words.subarray(start, end))
        connection.commit(bytes)
        count++
      },
    })
  return { address: await listenRing(listen, accept, spinMicros), mark: () => markOf(count) }
}
