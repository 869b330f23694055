import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import test from 'ava'
import type { Listener } from '../../src/channel/channel.js'
import { UnixChannel } from '../../src/channel/unix-channel.js'
import { contract } from './_contract.js'
import { connectPair, dialled, OPTIONS, RecordingSink, temporaryDirectory } from './_harness.js'

const channel = new UnixChannel()
const directory = temporaryDirectory()
let names = 0
const freshPath = () => join(directory.path, `socket-${names++}`)
const listen = (path: string, by = channel) =>
  by.listen(`unix://${path}`, () => new RecordingSink(), OPTIONS)

test.after.always(() => directory.remove())

contract({ name: 'unix', channel, freshAddress: () => `unix://${freshPath()}` })

test.serial('the file and a directory that was missing are for their owner only', async (t) => {
  const path = join(directory.path, 'made', 'deeper', 'socket')
  const listener = await listen(path)
  t.is(statSync(path).mode & 0o777, 0o600)
  t.is(statSync(join(directory.path, 'made', 'deeper')).mode & 0o777, 0o700)
  await listener.close()
  t.deepEqual(readdirSync(join(directory.path, 'made', 'deeper')), [])
})

test.serial('the mode of the file is an option', async (t) => {
  const path = freshPath()
  const listener = await listen(path, new UnixChannel({ socketMode: 0o660 }))
  t.is(statSync(path).mode & 0o777, 0o660)
  await listener.close()
})

test.serial('a relative path is made absolute', async (t) => {
  const path = freshPath()
  const pair = await connectPair(channel, `pipe://${relative(process.cwd(), path)}`)
  t.is(pair.listener.address, `unix://${path}`)
  await pair.close()
})

test.serial('a socket that a dead process left is taken over', async (t) => {
  const path = freshPath()
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  t.true(lstatSync(path).isSocket())
  const listener = await listen(path)
  const end = await dialled(channel, listener.address)
  end.connection.close('now')
  await end.sink.whenClosed
  await listener.close()
  t.false(existsSync(path))
})

/** What a killed process leaves: a socket file at which nobody answers. */
async function leaveStale(path: string): Promise<void> {
  const gone = createServer().listen(`${path}-gone`)
  await once(gone, 'listening')
  linkSync(`${path}-gone`, path)
  gone.close()
  await once(gone, 'close')
}

test.serial('of listeners that find the same stale socket one gets it, every time', async (t) => {
  for (let round = 0; round < 100; round++) {
    const path = freshPath()
    await leaveStale(path)
    const contenders: Promise<Listener>[] = []
    for (let i = 0; i < 6; i++) {
      contenders.push(listen(path))
      // The later ones come at another moment of the first one's work in every round.
      for (let turn = 0; turn < round % 10; turn++) await new Promise(setImmediate)
    }
    const results = await Promise.allSettled(contenders)
    const winners = results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []))
    t.is(winners.length, 1)
    const end = await dialled(channel, `unix://${path}`)
    end.connection.close('now')
    await end.sink.whenClosed
    await winners[0]!.close()
    t.deepEqual(
      readdirSync(directory.path).filter((name) => name.startsWith('.')),
      [],
    )
  }
})

test.serial('a file that is no socket is refused and kept', async (t) => {
  const path = freshPath()
  writeFileSync(path, 'precious')
  await t.throwsAsync(listen(path), { code: 'LISTEN_FAILED', message: /not a socket/ })
  t.is(statSync(path).size, 8)
})

test.serial('a path that belongs to another listener by now is left alone on close', async (t) => {
  const path = freshPath()
  const first = await listen(path)
  renameSync(path, `${path}.away`)
  const second = await listen(path)
  await first.close()
  t.true(existsSync(path))
  const end = await dialled(channel, second.address)
  end.connection.close('now')
  await end.sink.whenClosed
  await second.close()
  t.false(existsSync(path))
})

test.serial(
  'a path over the kernel’s limit is BAD_ADDRESS, also after it was made absolute',
  async (t) => {
    for (const path of [`/${'x'.repeat(107)}`, 'x'.repeat(107)]) {
      await t.throwsAsync(listen(path), { code: 'BAD_ADDRESS' })
      await t.throwsAsync(dialled(channel, `unix://${path}`), { code: 'BAD_ADDRESS' })
    }
  },
)
