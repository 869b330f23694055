import type { Socket } from 'node:net'
import test from 'ava'
import { DirectWriter } from '../../src/channel/direct-writer.js'

/** Stands for the class of that name in node:net, by which its requests are known. */
class WriteWrap {
  oncomplete: ((status: number) => void) | undefined
}

/** What the kernel does with the next write. */
type Turn = 'all' | 'later' | 'second_try' | 'error'

class TestHandle {
  writeQueueSize = 0
  turn: Turn = 'all'
  /** Requests of writes that have not ended. */
  readonly pending: WriteWrap[] = []
  readonly written: Uint8Array[] = []

  writeBuffer(request: WriteWrap, bytes: Uint8Array): number {
    if (this.turn === 'error') return -32
    if (this.pending.includes(request)) throw new Error('a request that is in use was given again')
    this.written.push(bytes)
    if (this.turn === 'all') return 0
    this.pending.push(request)
    if (this.turn === 'later') this.writeQueueSize += bytes.length
    return 0
  }

  end(status = 0): void {
    this.writeQueueSize = 0
    this.pending.shift()!.oncomplete!(status)
  }
}

class TestSocket {
  destroyed = false
  readonly errors: Error[] = []
  readonly _handle = new TestHandle()

  destroy(error: Error): void {
    this.destroyed = true
    this.errors.push(error)
  }
}

const BYTES = new Uint8Array(3)

/** Nothing is known of requests before the first write of a stream. */
function taught(): { writer: DirectWriter; socket: TestSocket; told: string[] } {
  const socket = new TestSocket()
  const told: string[] = []
  const writer = new DirectWriter(socket as unknown as Socket, () => told.push('taken'))
  socket._handle.writeBuffer(new WriteWrap(), BYTES)
  return { writer, socket, told }
}

test.serial('before a stream has written once there is no way past it', (t) => {
  const socket = new TestSocket()
  const writer = new DirectWriter(socket as unknown as Socket, () => {})
  t.is(writer.write(BYTES), 'no')
  t.deepEqual(socket._handle.written, [])
  socket._handle.writeBuffer(new WriteWrap(), BYTES)
  t.is(writer.write(BYTES), 'done')
})

test.serial('what the kernel takes at once is done, and nothing follows', (t) => {
  const { writer, socket, told } = taught()
  t.is(writer.write(BYTES), 'done')
  t.is(writer.write(BYTES), 'done')
  t.is(socket._handle.written.length, 3)
  t.deepEqual(told, [])
})

test.serial('what waits for the kernel is held, and its end is told', (t) => {
  const { writer, socket, told } = taught()
  socket._handle.turn = 'later'
  t.is(writer.write(BYTES), 'on_its_way')
  t.true(Object.values(socket._handle.pending[0]!).includes(BYTES))
  t.deepEqual(told, [])
  socket._handle.end()
  t.deepEqual(told, ['taken'])
})

test.serial('a write that the kernel took at the second try is done; its late end is none', (t) => {
  const { writer, socket, told } = taught()
  socket._handle.turn = 'second_try'
  t.is(writer.write(BYTES), 'done')
  socket._handle.turn = 'later'
  t.is(writer.write(BYTES), 'on_its_way')
  socket._handle.end()
  t.deepEqual(told, [])
  socket._handle.end()
  t.deepEqual(told, ['taken'])
})

test.serial('what the handle refuses is left to the stream', (t) => {
  const { writer, socket, told } = taught()
  socket._handle.turn = 'error'
  t.is(writer.write(BYTES), 'no')
  t.false(socket.destroyed)
  t.deepEqual(told, [])
})

test.serial('an error on the way ends the socket, with its name', (t) => {
  const { writer, socket, told } = taught()
  socket._handle.turn = 'later'
  writer.write(BYTES)
  socket._handle.end(-32)
  t.deepEqual(told, [])
  t.like(socket.errors[0], { message: 'write EPIPE', code: 'EPIPE', errno: -32, syscall: 'write' })
})

test.serial('the end of a socket that was destroyed tells nothing', (t) => {
  const { writer, socket, told } = taught()
  socket._handle.turn = 'later'
  writer.write(BYTES)
  socket.destroyed = true
  socket._handle.end(-125)
  t.deepEqual([told, socket.errors], [[], []])
})
