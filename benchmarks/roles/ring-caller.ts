// Keeps a number of frames in flight over a ring and times each; a number tells them apart.

import { dialRing, RingFrameSink, RingFrameWriter } from '../bare/ring-frames.js'
import { markOf, type Role, type RoleOptions } from '../role.js'
import { Stopwatch } from '../stopwatch.js'

export async function startRingCaller(options: RoleOptions): Promise<Role> {
  const { dial = '', inFlight = 1, payloadBytes = 0, spinMicros } = options
  const payload = new Uint32Array(payloadBytes / 4)
  const watch = new Stopwatch()
  const startMs = new Float64Array(inFlight)
  const send = (number: number): void => {
    startMs[number] = performance.now()
    payload[0] = number
    if (!writer.put(1, payload)) throw new Error('no room for a request')
  }
  const sink = new RingFrameSink({
    frame: (words, start) => {
      const number = words[start]!
      watch.stop(startMs[number]!)
      send(number)
    },
  })
  const writer = new RingFrameWriter(await dialRing(dial, sink, spinMicros))
  return {
    begin: () => {
      for (let number = 0; number < inFlight; number++) send(number)
    },
    mark: () => ({ ...markOf(watch.count), latency: watch.take() }),
  }
}
