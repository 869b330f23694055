// The processes of one run: started, asked, and ended by pid whatever happens.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ask, Mark, RoleOptions, Told } from './role.js'
import { type ServerKind, ServerProcess } from './server-process.js'

// Bundled as the package is: what a user's process would load.
const ENTRY = fileURLToPath(new URL('../roles/role-process.js', import.meta.url))

/** Generous: a slow machine is not a fault. Whatever takes longer is one. */
const ANSWER_LIMIT_MS = 30_000
/** Enough for a process to write its CPU profile. */
const LEAVE_LIMIT_MS = 5_000

interface Waiter {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export class RoleProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiters = new Map<number, Waiter>()
  #lastNumber = 0
  #ended: string | undefined
  address = ''

  constructor(name: string, options: RoleOptions, execArgv: readonly string[]) {
    this.name = name
    this.#child = spawn(process.execPath, [...execArgv, ENTRY, name, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (told: Told) => this.#told(told))
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code, signal) => this.#end(`it ended with ${code ?? signal}`))
  }

  /** Resolves once the role is ready. */
  async started(): Promise<this> {
    await this.#wait(0)
    return this
  }

  ask(what: 'begin' | 'arrival' | 'gone'): Promise<unknown> {
    const number = ++this.#lastNumber
    const answer = this.#wait(number)
    const ask: Ask = { number, what }
    if (this.#child.connected) this.#child.send(ask)
    return answer
  }

  async mark(): Promise<Mark> {
    const number = ++this.#lastNumber
    const answer = this.#wait(number)
    const ask: Ask = { number, what: 'mark' }
    if (this.#child.connected) this.#child.send(ask)
    return (await answer) as Mark
  }

  async arrival(): Promise<number> {
    return Number(await this.ask('arrival'))
  }

  async leave(): Promise<void> {
    if (this.#ended !== undefined) return
    const exit = once(this.#child, 'exit')
    const killer = setTimeout(() => this.kill(), LEAVE_LIMIT_MS)
    const ask: Ask = { number: ++this.#lastNumber, what: 'leave' }
    if (this.#child.connected) this.#child.send(ask)
    else this.kill()
    await exit
    clearTimeout(killer)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #wait(number: number): Promise<unknown> {
    if (this.#ended !== undefined) {
      return Promise.reject(new Error(`${this.name}: ${this.#ended}`))
    }
    return new Promise((resolve, reject) => {
      const late = () => this.#settle(number)?.reject(new Error(`${this.name}: no answer`))
      const timer = setTimeout(late, ANSWER_LIMIT_MS)
      this.#waiters.set(number, {
        resolve: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
    })
  }

  #settle(number: number): Waiter | undefined {
    const waiter = this.#waiters.get(number)
    this.#waiters.delete(number)
    return waiter
  }

  #told(told: Told): void {
    if (told.kind === 'answer') {
      this.#settle(told.number)?.resolve(told.value)
      return
    }
    this.address = told.address
    this.#settle(0)?.resolve(undefined)
  }

  #end(why: string): void {
    this.#ended ??= why
    const error = new Error(`${this.name}: ${why}`)
    for (const number of [...this.#waiters.keys()]) this.#settle(number)?.reject(error)
  }
}

export class ProcessGroup {
  readonly #execArgv: readonly string[]
  readonly #members: RoleProcess[] = []
  readonly #servers: ServerProcess[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'treebus-bench-'))
  #addresses = 0

  /** `execArgv` is given to each process, e.g. `--cpu-prof`. */
  constructor(execArgv: readonly string[]) {
    this.#execArgv = execArgv
  }

  /** An address to listen on that nobody else has. */
  freeAddress(channel: 'tcp' | 'unix' | 'ring'): string {
    if (channel === 'tcp') return 'tcp://127.0.0.1:0'
    return `${channel}://${join(this.#folder, `${++this.#addresses}.sock`)}`
  }

  /** Starts a process; resolves once its role is ready. */
  start(role: string, options: RoleOptions): Promise<RoleProcess> {
    return this.launch(role, options).started()
  }

  launch(role: string, options: RoleOptions): RoleProcess {
    const member = new RoleProcess(role, options, this.#execArgv)
    this.#members.push(member)
    return member
  }

  async startServer(kind: ServerKind): Promise<ServerProcess> {
    const server = await ServerProcess.start(kind, join(this.#folder, kind))
    this.#servers.push(server)
    return server
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.leave()))
    await Promise.all(this.#servers.map((server) => server.end()))
    this.#removeFolder()
  }

  /** At once, for a runner that is being ended itself. */
  kill(): void {
    for (const member of this.#members) member.kill()
    for (const server of this.#servers) server.kill()
    this.#removeFolder()
  }

  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
