// The other process of the ring tests: what it does is told by its first argument, what came of it
// is printed as one line of JSON. Also runs in a worker thread.
import { closeSync, openSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { Connection, DialOptions } from '../../src/channel/channel.js'
import { DEFAULT_CONNECTION_LIMITS } from '../../src/channel/channel.js'
import { RingChannel, type RingOptions } from '../../src/channel/ring-channel.js'
import { BusError } from '../../src/errors.js'
import { PatternEnd } from './_pattern.js'

export interface RingTask {
  readonly kind: 'flood' | 'echo' | 'try' | 'starve' | 'visit'
  readonly address: string
  readonly connections?: number
  readonly options?: Partial<RingOptions>
}

const OPTIONS: DialOptions = { ...DEFAULT_CONNECTION_LIMITS, timeoutMs: 60_000 }

const task = (workerData ?? JSON.parse(process.argv[2]!)) as RingTask
const channel = new RingChannel(task.options)

function dial(): Promise<{ connection: Connection; end: PatternEnd }> {
  return new Promise((resolve, reject) => {
    const opened = (connection: Connection) => {
      const end = new PatternEnd(connection)
      resolve({ connection, end })
      return end
    }
    channel.dial(task.address, opened, reject, OPTIONS)
  })
}

/** Until it is killed, or reads what was not sent. */
async function flood(): Promise<void> {
  const ends: PatternEnd[] = []
  for (let i = 0; i < (task.connections ?? 1); i++) {
    const { end } = await dial()
    ends.push(end)
    end.send()
  }
  setInterval(() => {
    if (ends.some(({ wrong }) => wrong > 0)) process.exit(9)
  }, 100)
}

/** Says back what it hears, until it is killed. */
function echo(): Promise<void> {
  const memory = new Uint8Array(64 * 1024)
  const opened = (connection: Connection) => ({
    space: () => memory,
    filled: (bytes: number) => {
      if (connection.claim(bytes) !== 'ok') return
      connection.buffer.set(memory.subarray(0, bytes), connection.offset)
      connection.commit(bytes)
    },
    writable: () => {},
    closed: () => process.exit(0),
  })
  return new Promise((resolve, reject) => {
    const answering = (connection: Connection) => {
      if (--left === 0) resolve()
      return opened(connection)
    }
    let left = task.connections ?? 1
    for (let i = left; i > 0; i--) channel.dial(task.address, answering, reject, OPTIONS)
  })
}

async function listenAndDial(): Promise<number> {
  const accept = (connection: Connection) => new PatternEnd(connection)
  const listener = await channel.listen(task.address, accept, OPTIONS)
  try {
    const { connection, end } = await dial()
    connection.close('flush')
    await end.whenClosed
    return 1
  } finally {
    await listener.close()
  }
}

async function outcomeOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt()
    return 'ok'
  } catch (error) {
    return error instanceof BusError ? error.message : `not typed: ${error}`
  }
}

/** With one descriptor left, which the socket takes; then with all of them back. */
async function starve(): Promise<string[]> {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    closeSync(taken.pop()!)
  }
  const starved = await outcomeOf(dial)
  for (const fd of taken) closeSync(fd)
  return [starved, await outcomeOf(visit)]
}

/** Exchanges a little and goes, leaving the rest to the end of its thread or process. */
async function visit(): Promise<void> {
  const { connection, end } = await dial()
  end.send()
  await end.more(100_000)
  connection.close('now')
  await end.whenClosed
}

function tell(said: unknown): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

switch (task.kind) {
  case 'flood':
    await flood()
    break
  case 'echo':
    await echo()
    break
  case 'try':
    tell(await outcomeOf(listenAndDial))
    break
  case 'starve':
    tell(await starve())
    break
  case 'visit':
    await visit()
    break
}
