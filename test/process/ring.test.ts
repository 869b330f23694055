import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import type { Connection } from '../../src/channel/channel.js'
import { loadAddon } from '../../src/channel/native.js'
import { RingChannel, type RingOptions } from '../../src/channel/ring-channel.js'
import { OPTIONS, seeded, temporaryDirectory } from '../channel/_harness.js'
import { PatternEnd } from './_pattern.js'
import { atRest, inTheEnd } from './_process-node.js'
import type { RingTask } from './_ring-program.js'

const PROGRAM = fileURLToPath(new URL('./_ring-program.js', import.meta.url))
const addon = loadAddon()
const usable = typeof addon !== 'string'
const directory = temporaryDirectory()
let names = 0
const freshAddress = () => `ring://${join(directory.path, `ring-${names++}`)}`
const amount = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)

test.after.always(() => directory.remove())

type Run = (t: ExecutionContext) => Promise<void>

/** A rule that needs the addon; without it the title says why it was left out. */
function rule(title: string, run: Run, unless = usable ? '' : `no addon: ${addon}`): void {
  if (unless === '') test.serial(title, run)
  else test.skip(`${title} (skipped, ${unless})`, run)
}

interface Accepted {
  readonly connection: Connection
  readonly end: PatternEnd
}

/** Accepts for as long as the test runs; `arrived` gives them in their order. */
async function accepting(t: ExecutionContext, options: Partial<RingOptions> = {}) {
  const waiting: Accepted[] = []
  const takers: ((accepted: Accepted) => void)[] = []
  const address = freshAddress()
  const accept = (connection: Connection) => {
    const accepted = { connection, end: new PatternEnd(connection) }
    const taker = takers.shift()
    if (taker) taker(accepted)
    else waiting.push(accepted)
    return accepted.end
  }
  const listener = await new RingChannel(options).listen(address, accept, OPTIONS)
  t.teardown(() => listener.close())
  const arrived = (): Promise<Accepted> => {
    const first = waiting.shift()
    if (first) return Promise.resolve(first)
    return new Promise((resolve) => takers.push(resolve))
  }
  return { address, arrived }
}

function program(t: ExecutionContext, task: RingTask): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: 'inherit' })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What a program printed, run under `wrapper`. */
function answerOf(task: RingTask, wrapper: readonly string[] = [], environment = {}): unknown {
  const [command, ...args] = [...wrapper, process.execPath, PROGRAM, JSON.stringify(task)]
  const env = { ...process.env, ...environment }
  const { stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8', env })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** What a ring may leave behind, of this process and in the system. */
function leftovers(): { named: string[]; memory: number; open: string[] } {
  const named = readdirSync('/dev/shm').filter((name) => name.startsWith('treebus-'))
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  const memory = maps.filter((line) => /(memfd:|shm\/)treebus/.test(line)).length
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return /memfd|pipe:|shm/.test(target) ? [target] : []
    } catch {
      return []
    }
  })
  return { named, memory, open: open.sort() }
}

rule(
  'robustness 32: a process killed at any moment tears nothing and leaves nothing',
  async (t) => {
    t.timeout(600_000)
    const each = 10
    const kills = Math.ceil(amount('RING_KILLS', process.env.CI ? 500 : 40) / each)
    const random = seeded(amount('RING_KILL_SEED', 5))
    const { address, arrived } = await accepting(t, { ringBytes: 64 * 1024 })
    let before: ReturnType<typeof leftovers> | undefined
    for (let kill = 0; kill <= kills; kill++) {
      // Rings of different sizes wrap and fill at different moments.
      const options = { ringBytes: 4096 << random(6) }
      const child = program(t, { kind: 'flood', address, connections: each, options })
      const all: Accepted[] = []
      for (let i = 0; i < each; i++) all.push(await arrived())
      for (const { end } of all) end.send()
      await all[random(each)]!.end.more(1 + random(3_000_000))
      child.kill('SIGKILL')
      await Promise.all(all.map(({ end }) => end.whenClosed))
      for (const { connection, end } of all) {
        t.is(end.wrong, 0)
        t.is((end.closedWith as { code?: string } | undefined)?.code, 'LINK_LOST')
        t.is(connection.claim(1), 'closed')
      }
      // The first round hung up the doorbell, which stays.
      before ??= await atRest(leftovers)
      // Named memory of other processes of this machine comes and goes meanwhile.
      const nothing = { ...before, named: [], memory: 0 }
      t.deepEqual(await inTheEnd(leftovers, nothing), nothing)
    }
  },
)

rule('a stopped process delays nothing but its own messages, and goes on', async (t) => {
  t.timeout(300_000)
  const { address, arrived } = await accepting(t)
  const stopped = program(t, { kind: 'flood', address })
  const first = await arrived()
  program(t, { kind: 'flood', address })
  const second = await arrived()
  await Promise.all([first.end.more(1_000_000), second.end.more(1_000_000)])
  stopped.kill('SIGSTOP')
  await second.end.more(20_000_000)
  const meanwhile = first.end.receivedBytes
  await second.end.more(5_000_000)
  t.true(first.end.receivedBytes - meanwhile < 1_000_000, 'at most what was in the ring')
  stopped.kill('SIGCONT')
  await first.end.more(1_000_000)
  t.deepEqual([first.end.wrong, second.end.wrong], [0, 0])
})

rule('many worker threads come, exchange and go, every second one by force', async (t) => {
  t.timeout(300_000)
  const { address, arrived } = await accepting(t, { ringBytes: 64 * 1024 })
  const workers = amount('RING_WORKERS', process.env.CI ? 100 : 24)
  let before: ReturnType<typeof leftovers> | undefined
  for (let i = 0; i < workers + 2; i++) {
    const task: RingTask = { kind: 'visit', address, options: { ringBytes: 64 * 1024 } }
    const worker = new Worker(PROGRAM, { workerData: task })
    const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
    const { connection, end } = await arrived()
    if (i % 2 === 0) {
      end.send()
    } else {
      await end.more(10_000)
      await worker.terminate()
    }
    t.is(await exited, i % 2)
    await end.whenClosed
    t.is(end.wrong, 0)
    t.is(connection.claim(1), 'closed')
    // Both kinds have been once: from here on nothing may be added.
    if (i === 1) before = { ...(await atRest(leftovers)), named: [], memory: 0 }
  }
  t.deepEqual(await inTheEnd(leftovers, before), before)
})

rule('without a free descriptor a dial fails by name, and works once there is one', async (t) => {
  t.timeout(300_000)
  const { address, arrived } = await accepting(t)
  const task: RingTask = { kind: 'starve', address }
  const script = 'ulimit -n 64; exec "$@"'
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, PROGRAM, JSON.stringify(task)])
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const { end } = await arrived()
  end.send()
  await new Promise((resolve) => child.once('close', resolve))
  const [starved, later] = JSON.parse(said) as string[]
  t.regex(starved!, /^DIAL_FAILED: .*EMFILE/)
  t.is(later, 'ok')
})

// In a mount namespace of its own, /dev/shm is a file system of `size` bytes.
const withShm = (size: string, ...command: string[]) => [
  ...['unshare', '-m', 'sh', '-c'],
  `mount -t tmpfs -o size=${size} tmpfs /dev/shm && "$@"; ls /dev/shm`,
  ...['sh', ...command],
]
const [unshare, ...shmArguments] = withShm('4k', 'true')
const mayMount = spawnSync(unshare!, shmArguments).status === 0
const mountRule = (title: string, run: Run) =>
  usable && !mayMount ? rule(title, run, 'this machine lets us mount nothing') : rule(title, run)

mountRule('where memory is short a dial fails by name, with no signal and no file', async (t) => {
  const attempt = (ringBytes: number) => {
    const options = { ringBytes, memory: ['named'] } as const
    return answerOf({ kind: 'try', address: freshAddress(), options }, withShm('1m'))
  }
  t.regex(attempt(1024 * 1024) as string, /^DIAL_FAILED: .*ENOSPC/)
  t.is(attempt(128 * 1024), 'ok')
})

mountRule('where the first kind of memory is not to be had the next one is taken', async (t) => {
  const options = { ringBytes: 8192, memory: ['named', 'anonymous'] } as const
  const task: RingTask = { kind: 'try', address: freshAddress(), options }
  t.is(answerOf(task, withShm('4k')), 'ok')
})

test('without the addon a dial and a listen fail by name and say why', (t) => {
  const task: RingTask = { kind: 'try', address: freshAddress() }
  const said = answerOf(task, [], { TREEBUS_ADDON: 'none' })
  t.regex(said as string, /^LISTEN_FAILED: .*switched off by TREEBUS_ADDON/)
})
