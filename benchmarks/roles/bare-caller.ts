// Keeps a number of frames in flight on a bare socket and times each; a number tells them apart.

import { dialBare } from '../bare/bare-socket.js'
import { newFrame, PREFIX_BYTES, PrefixReader } from '../bare/prefix-reader.js'
import { markOf, type Role, type RoleOptions } from '../role.js'
import { Stopwatch } from '../stopwatch.js'

export async function startBareCaller(options: RoleOptions): Promise<Role> {
  const { dial = '', inFlight = 1, payloadBytes = 0 } = options
  const watch = new Stopwatch()
  const startMs = new Float64Array(inFlight)
  const frames = Array.from(startMs, (_, number) => {
    const frame = newFrame(payloadBytes)
    frame.writeUInt32LE(number, PREFIX_BYTES)
    return frame
  })
  const send = (number: number): void => {
    startMs[number] = performance.now()
    socket.write(frames[number] as Buffer)
  }
  let corked = false
  const reader = new PrefixReader({
    frame: (memory, start, end) => {
      if (end - start !== payloadBytes) throw new Error('not the answer')
      if (!corked) socket.cork()
      corked = true
      const number = memory.readUInt32LE(start)
      watch.stop(startMs[number] ?? 0)
      send(number)
    },
    readEnded: () => {
      if (corked) socket.uncork()
      corked = false
    },
  })
  const socket = await dialBare(dial, reader.onread)
  return {
    begin: () => {
      for (let number = 0; number < inFlight; number++) send(number)
    },
    mark: () => ({ ...markOf(watch.count), latency: watch.take() }),
  }
}
