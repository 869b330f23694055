// Real servers of the stores, each test's own: on free loopback ports, in folders that go with it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Store {
  readonly url: string
  /** Starts it again on its port, after `kill`. `empty`: without what it held. */
  start(options?: { empty: boolean }): Promise<void>
  kill(): Promise<void>
  remove(): Promise<void>
}

interface Program {
  readonly command: string
  args(place: { port: number; peerPort: number; folder: string }): string[]
  url(port: number): string
  /** Whether it answers; rejects or says no while it is starting. */
  isReady(url: string): Promise<boolean>
}

const ANSWER_TRIES = 600
const START_TRIES = 5

export const redisProgram: Program = {
  command: 'redis-server',
  args: ({ port, folder }) =>
    `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --save`.split(' ').concat(''),
  url: (port) => `redis://127.0.0.1:${port}`,
  isReady: async (url) => {
    const { Redis } = await import('ioredis')
    const redis = new Redis(url, { retryStrategy: () => null, lazyConnect: true })
    redis.on('error', () => undefined)
    try {
      return (await redis.ping()) === 'PONG'
    } finally {
      redis.disconnect()
    }
  },
}

export const etcdProgram: Program = {
  command: 'etcd',
  args: ({ port, peerPort, folder }) => {
    const [client, peer] = [port, peerPort].map((one) => `http://127.0.0.1:${one}`)
    const urls = `--listen-client-urls ${client} --advertise-client-urls ${client}`
    const peers = `--listen-peer-urls ${peer} --initial-advertise-peer-urls ${peer}`
    const rest = `--initial-cluster default=${peer} --data-dir ${folder}/data --log-level error`
    return `${urls} ${peers} ${rest}`.split(' ')
  },
  url: (port) => `http://127.0.0.1:${port}`,
  isReady: async (url) => {
    const signal = AbortSignal.timeout(500)
    const response = await fetch(`${url}/health`, { signal })
    return (await response.text()).includes('true')
  },
}

/** Why a test of this program cannot run here, or nothing. */
export function absence({ command }: Program): string | undefined {
  const { error } = spawnSync(command, ['--version'])
  return error === undefined ? undefined : `${command} is not installed`
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

export async function openStore(program: Program): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'treebus-store-'))
  let place = await freshPlace(folder)
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
    child = undefined
  }
  const start = async ({ empty } = { empty: false }): Promise<void> => {
    if (empty) rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    child = spawn(program.command, program.args(place), { stdio: 'ignore' })
    await untilReady(program, program.url(place.port), child)
  }
  const remove = async (): Promise<void> => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }
  // A port that was free a moment ago may be somebody's by now: the server ends, or cannot be it.
  for (let tries = 1; ; tries++) {
    try {
      await start()
      return { url: program.url(place.port), start, kill, remove }
    } catch (error) {
      await kill()
      if (tries === START_TRIES) throw error
      place = await freshPlace(folder)
    }
  }
}

async function freshPlace(folder: string) {
  return { port: await freePort(), peerPort: await freePort(), folder }
}

async function untilReady(program: Program, url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < ANSWER_TRIES; tries++) {
    if (child.exitCode !== null) throw new Error(`${program.command} ended by itself`)
    if (await program.isReady(url).catch(() => false)) return
    await delay(50)
  }
  throw new Error(`${program.command} does not answer at ${url}`)
}
