import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { DirectWriter } from '../../src/channel/direct-writer.js'
import { temporaryDirectory } from './_harness.js'

const directory = temporaryDirectory()
let names = 0

test.after.always(() => directory.remove())

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** Nobody reads at the far end yet. */
async function pairOf(t: ExecutionContext): Promise<Pair> {
  const path = join(directory.path, `direct-${names++}`)
  const server = createServer({ pauseOnConnect: true })
  await once(server.listen(path), 'listening')
  const accepted = once(server, 'connection')
  const near = connect(path)
  await once(near, 'connect')
  const [far] = (await accepted) as [Socket]
  server.close()
  t.teardown(() => {
    near.destroy()
    far.destroy()
  })
  return { near, far }
}

/** A writer that knows what node:net gives to the handle: from a first write of its own. */
async function writerOf(near: Socket, taken: () => void): Promise<DirectWriter> {
  const writer = new DirectWriter(near, taken)
  await new Promise((resolve) => near.write(Buffer.from('first'), resolve))
  return writer
}

async function read(far: Socket, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let total = 0
  far.resume()
  for await (const part of far) {
    parts.push(part as Buffer)
    total += (part as Buffer).length
    if (total >= bytes) break
  }
  return Buffer.concat(parts)
}

test.serial('before node:net has written once the stream is to be used', async (t) => {
  const { near } = await pairOf(t)
  t.is(new DirectWriter(near, () => {}).write(Buffer.from('a')), 'no')
})

test.serial('what the kernel takes at once is done, and arrives in order', async (t) => {
  const { near, far } = await pairOf(t)
  const writer = await writerOf(near, () => t.fail('it was done at once'))
  for (const text of ['a', 'b', 'c']) t.is(writer.write(Buffer.from(text)), 'done')
  t.is((await read(far, 8)).toString(), 'firstabc')
})

test.serial('what it does not take is on its way until it has left, then it goes on', async (t) => {
  const { near, far } = await pairOf(t)
  let taken = () => {}
  const left = new Promise<void>((resolve) => {
    taken = resolve
  })
  const writer = await writerOf(near, () => taken())
  const large = Buffer.alloc(4 * 1024 * 1024, 'x')
  t.is(writer.write(large), 'on_its_way')
  const arrived = read(far, large.length + 9)
  await left
  t.is(writer.write(Buffer.from('last')), 'done')
  const bytes = await arrived
  t.is(bytes.length, large.length + 9)
  t.is(bytes.subarray(-5).toString(), 'xlast')
})

test.serial('the end of the other side is told by the socket', async (t) => {
  const { near, far } = await pairOf(t)
  const writer = await writerOf(near, () => t.fail('it has not left'))
  const failed = once(near, 'error')
  t.is(writer.write(Buffer.alloc(4 * 1024 * 1024)), 'on_its_way')
  far.destroy()
  const [error] = (await failed) as [NodeJS.ErrnoException]
  t.regex(String(error.code), /^(EPIPE|ECONNRESET)$/)
})

test.serial('a socket that was destroyed takes nothing', async (t) => {
  const { near } = await pairOf(t)
  const writer = await writerOf(near, () => {})
  near.destroy()
  t.is(writer.write(Buffer.from('a')), 'no')
})
