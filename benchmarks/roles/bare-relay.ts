// One hop more on bare sockets: finds the frames and writes each on, corked for each read.

import type { Socket } from 'node:net'
import { dialBare, listenBare } from '../bare/bare-socket.js'
import { PREFIX_BYTES, PrefixReader } from '../bare/prefix-reader.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

class Direction {
  /** Memory whose frames have been written. */
  readonly #idle: Buffer[] = []
  from: Socket | undefined
  to: Socket | undefined
  count = 0
  #isFirst = true

  readonly reader = new PrefixReader({
    frame: (memory, start, end) => this.#write(memory, memory.subarray(start - PREFIX_BYTES, end)),
    readEnded: () => this.#readEnded(),
  })

  /** Frames are written from where they were read, so that memory is lent until they have left. */
  #write(memory: Buffer, frame: Buffer): void {
    this.count++
    if (!this.#isFirst) {
      this.to?.write(frame)
      return
    }
    this.#isFirst = false
    this.to?.cork()
    // All frames of a read leave in one writev: when the first is done, all are.
    this.to?.write(frame, () => this.#idle.push(memory))
  }

  #readEnded(): void {
    if (this.#isFirst) return
    this.#isFirst = true
    this.reader.exchange(this.#idle.pop() ?? PrefixReader.newMemory())
    this.to?.uncork()
    if (this.to?.writableNeedDrain) this.from?.pause()
  }
}

export async function startBareRelay(options: RoleOptions): Promise<Role> {
  const { dial = '', listen = '' } = options
  const onward = new Direction()
  const back = new Direction()
  const next = await dialBare(dial, back.reader.onread)
  onward.to = next
  back.from = next
  next.on('drain', () => onward.from?.resume())
  const accept = (socket: Socket): void => {
    onward.from = socket
    back.to = socket
    socket.on('drain', () => back.from?.resume())
  }
  const address = await listenBare(listen, () => onward.reader.onread, accept)
  return { address, mark: () => markOf(onward.count) }
}
