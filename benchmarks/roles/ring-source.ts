// Sends one way traffic over a ring: 64 KiB of frames at a time, laid into the staging area.

import { batchOf, dialRing, RingFrameSink, RingFrameWriter } from '../bare/ring-frames.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/** Batches of one turn of the loop. */
const BURST = 16

export async function startRingSource(options: RoleOptions): Promise<Role> {
  const { dial = '', payloadBytes = 0, spinMicros } = options
  const payload = new Uint32Array(payloadBytes / 4).fill(0x5a5a5a5a)
  const frames = batchOf(payloadBytes)
  const sink = new RingFrameSink({ frame: () => {} })
  const connection = await dialRing(dial, sink, spinMicros)
  const writer = new RingFrameWriter(connection)
  let count = 0
  const pump = (): void => {
    for (let i = 0; i < BURST; i++) {
      if (!writer.put(frames, payload)) return
      count += frames
    }
    setImmediate(pump)
  }
  sink.writable = () => pump()
  return { begin: pump, mark: () => markOf(count) }
}
