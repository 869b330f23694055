// Receives one way traffic on a bare socket and counts.

import type { Socket } from 'node:net'
import { listenBare } from '../bare/bare-socket.js'
import { newFrame, PrefixReader } from '../bare/prefix-reader.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'

const CREDIT = newFrame(1)

export async function startBareSink(options: RoleOptions): Promise<Role> {
  const { listen = '', payloadBytes = 0, window = 0 } = options
  const creditEvery = window / 4
  let count = 0
  let wrong = 0
  let source: Socket | undefined
  let told: (atMs: number) => void = () => {}
  const first = new Promise<number>((resolve) => {
    told = resolve
  })
  const reader = new PrefixReader({
    frame: (_memory, start, end) => {
      if (end - start !== payloadBytes) wrong++
      if (count === 0) told(nowMs())
      count++
      if (window > 0 && count % creditEvery === 0) source?.write(CREDIT)
    },
  })
  const accept = (socket: Socket): void => {
    source = socket
  }
  const address = await listenBare(listen, () => reader.onread, accept)
  return {
    address,
    arrival: () => first,
    mark: () => {
      if (wrong > 0) throw new Error(`${wrong} messages are not what was sent`)
      return markOf(count)
    },
  }
}
