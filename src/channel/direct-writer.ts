// Writes of one piece to the handle of a socket, past the stream of node:net around it.
import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/**
 * What libuv wants for a write: a new one each time, 0.2 µs. One that was given to a write must not
 * be used again before its end, and a write may be unfinished though nothing waits in the queue:
 * the kernel took the rest at the second try.
 */
interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void
  /** Held until the end: libuv does not. */
  bytes: Uint8Array | undefined
}

/** The parts of node:net's handle that are used here. */
interface Handle {
  /** 0, or the negative number of an error. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number
  /** Bytes that the kernel did not take yet. */
  readonly writeQueueSize: number
}

interface Bare {
  _handle: Partial<Handle> | null | undefined
}

// Known from the first write of any socket: there is no other lawful way to one.
let newRequest: (() => WriteRequest) | undefined

/**
 * A write through the stream costs some 3 µs more than the kernel asks for: a request, a callback
 * and a turn of `process.nextTick` for each. For one small message that is a fifth of its way.
 */
export class DirectWriter {
  readonly #socket: Socket
  readonly #onComplete: WriteRequest['oncomplete']
  #underWay: WriteRequest | undefined

  /** `taken` follows each write that is on its way, unless the socket ends before. */
  constructor(socket: Socket, taken: () => void) {
    this.#socket = socket
    const ended = (request: WriteRequest, status: number) => {
      if (request !== this.#underWay) return
      this.#underWay = undefined
      if (socket.destroyed) return
      if (status < 0) socket.destroy(writeError(status))
      else taken()
    }
    this.#onComplete = function onComplete(status) {
      ended(this, status)
    }
    if (newRequest === undefined) learn(socket)
  }

  /**
   * To be called only while nothing else is being written. `no`: nothing was done, the stream is to
   * be used, which also tells of what is wrong with the socket.
   */
  write(bytes: Uint8Array): 'done' | 'on_its_way' | 'no' {
    const handle = (this.#socket as unknown as Bare)._handle as Handle | null
    if (handle === null || newRequest === undefined) return 'no'
    const request = newRequest()
    request.oncomplete = this.#onComplete
    request.bytes = bytes
    if (handle.writeBuffer(request, bytes) !== 0) return 'no'
    if (handle.writeQueueSize === 0) return 'done'
    this.#underWay = request
    return 'on_its_way'
  }
}

/** Notes what node:net gives to the handle at the next write, if the handle is one that we know. */
function learn(socket: Socket): void {
  const handle = (socket as unknown as Bare)._handle
  const { writeBuffer, writeQueueSize } = handle ?? {}
  if (!handle || typeof writeBuffer !== 'function' || typeof writeQueueSize !== 'number') return
  handle.writeBuffer = (request, bytes) => {
    handle.writeBuffer = writeBuffer
    const made = request.constructor as new () => WriteRequest
    if (made.name === 'WriteWrap') newRequest = () => new made()
    return writeBuffer.call(handle, request, bytes)
  }
}

function writeError(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' })
}
