// A server that peers need between them: started on a free port of loopback, ended by its pid.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessFigures, processFigures } from './process-figures.js'

export type ServerKind = 'nats-server' | 'redis-server' | 'etcd'

interface ServerForm {
  readonly scheme: string
  readonly versionArgs: readonly string[]
  args(ports: readonly number[], folder: string): readonly string[]
}

const FORMS: Readonly<Record<ServerKind, ServerForm>> = {
  'nats-server': {
    scheme: 'nats',
    versionArgs: ['--version'],
    args: ([port]) => ['--addr', '127.0.0.1', '--port', String(port)],
  },
  'redis-server': {
    scheme: 'redis',
    versionArgs: ['--version'],
    // Nothing is saved; a slow subscriber is not cut off, the senders keep to a window.
    args: ([port], folder) => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''],
      ...['--appendonly', 'no', '--client-output-buffer-limit', 'pubsub 0 0 0'],
    ],
  },
  etcd: {
    scheme: 'http',
    versionArgs: ['--version'],
    args: ([port, peerPort], folder) => {
      const client = `http://127.0.0.1:${port}`
      const peer = `http://127.0.0.1:${peerPort}`
      return [
        ...['--data-dir', folder, '--log-level', 'error'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', `default=${peer}`],
      ]
    },
  },
}

/** Debian puts servers where users without rights do not look. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }

const START_LIMIT_MS = 20_000

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const bound = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return bound.port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** The first line that names a version; undefined where the server is not installed. */
export function serverVersion(kind: ServerKind): string | undefined {
  const { status, stdout } = spawnSync(kind, FORMS[kind].versionArgs, {
    env: ENVIRONMENT,
    encoding: 'utf8',
  })
  return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined
}

export class ServerProcess {
  readonly address: string
  readonly #child: ChildProcess
  readonly #kind: ServerKind
  #failure: string | undefined

  private constructor(kind: ServerKind, child: ChildProcess, address: string) {
    this.#kind = kind
    this.#child = child
    this.address = address
    child.on('error', (error) => {
      this.#failure = error.message
    })
    child.on('exit', (code, signal) => {
      this.#failure ??= `it ended with ${code ?? signal}`
    })
  }

  /** Resolves once it accepts connections. `folder` is its own. */
  static async start(kind: ServerKind, folder: string): Promise<ServerProcess> {
    mkdirSync(folder, { recursive: true })
    const ports = [await freePort(), await freePort()] as const
    const form = FORMS[kind]
    const child = spawn(kind, form.args(ports, folder), { env: ENVIRONMENT, stdio: 'ignore' })
    const address = `${form.scheme}://127.0.0.1:${ports[0]}`
    const server = new ServerProcess(kind, child, address)
    try {
      await server.#accepting(ports[0])
    } catch (error) {
      server.kill()
      throw error
    }
    return server
  }

  async #accepting(port: number): Promise<void> {
    const until = performance.now() + START_LIMIT_MS
    while (!(await answers(port))) {
      if (this.#failure !== undefined) throw new Error(`${this.#kind}: ${this.#failure}`)
      if (performance.now() > until) throw new Error(`${this.#kind}: does not accept`)
      await sleep(20)
    }
  }

  figures(): ProcessFigures {
    return processFigures(this.#child.pid ?? 0)
  }

  async end(): Promise<void> {
    if (this.#failure !== undefined) return
    const exit = once(this.#child, 'exit')
    this.kill()
    await exit
  }

  /** It holds nothing that is worth an orderly end. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
