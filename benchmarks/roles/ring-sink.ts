// Receives one way traffic over a ring, touches both ends of every payload, and counts.

import { listenRing, RingFrameSink } from '../bare/ring-frames.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startRingSink(options: RoleOptions): Promise<Role> {
  const { keeps = false, listen = '', payloadBytes = 0, spinMicros } = options
  const words = payloadBytes / 4
  // Kept until as many others have come: a view that nobody holds might cost nothing.
  const kept: Uint8Array[] = new Array(1024)
  let count = 0
  let wrong = 0
  const look = (memory: Uint32Array, start: number, end: number): void => {
    if (end - start !== words || memory[start] !== memory[end - 1]) wrong++
    count++
  }
  const keep = (memory: Uint32Array, start: number, end: number): void => {
    look(memory, start, end)
    kept[count & 1023] = new Uint8Array(memory.buffer, start * 4, (end - start) * 4)
  }
  const frame = keeps ? keep : look
  const address = await listenRing(listen, () => new RingFrameSink({ frame }, keeps), spinMicros)
  return {
    address,
    mark: () => {
      if (wrong > 0) throw new Error(`${wrong} messages are not what was sent`)
      return markOf(count)
    },
  }
}
