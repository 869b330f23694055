// Runs the built program as a process of its own, and reads what it says.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
export const DEMO = fileURLToPath(new URL('../../src/cli/demo/demo.js', import.meta.url))

export type Said = Readonly<Record<string, unknown>>

export interface Environment {
  readonly [name: string]: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Nothing of the environment around the tests reaches a process. */
function cleanEnvironment(extra: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TREEBUS_'))
  return { ...Object.fromEntries(inherited), ...extra }
}

export class Cli {
  readonly process: ChildProcessWithoutNullStreams
  readonly events: Said[] = []
  readonly ended: Promise<Ended>
  #waiting: { matches: (event: Said) => boolean; resolve: (event: Said) => void }[] = []
  #rest = ''

  constructor(script: string, args: readonly string[], environment: Environment) {
    this.process = spawn(process.execPath, [script, ...args], {
      env: cleanEnvironment(environment),
    })
    let stdout = ''
    let stderr = ''
    this.process.stdin.on('error', () => {})
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      this.#hear(text)
    })
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  }

  write(...lines: string[]): void {
    this.process.stdin.write(`${lines.join('\n')}\n`)
  }

  /** The first event, past or to come, with these fields. */
  async heard(fields: Said): Promise<Said> {
    const matches = (event: Said) =>
      Object.entries(fields).every(([name, value]) => event[name] === value)
    const past = this.events.find(matches)
    if (past !== undefined) return past
    const come = new Promise<Said>((resolve) => this.#waiting.push({ matches, resolve }))
    const early = this.ended.then(({ stdout, stderr }) => {
      throw new Error(`ended without ${JSON.stringify(fields)}: ${stdout.slice(-2_000)} ${stderr}`)
    })
    early.catch(() => {})
    return Promise.race([come, early])
  }

  async address(): Promise<string> {
    const { listen } = await this.heard({ event: 'ready' })
    return String((listen as unknown[])[0])
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('{')) continue
      const event = JSON.parse(line) as Said
      this.events.push(event)
      const waiting = this.#waiting
      this.#waiting = waiting.filter(({ matches }) => !matches(event))
      for (const { matches, resolve } of waiting) if (matches(event)) resolve(event)
    }
  }
}

export function start(
  t: ExecutionContext,
  args: readonly string[],
  environment: Environment = {},
  script = MAIN,
): Cli {
  const cli = new Cli(script, args, environment)
  t.teardown(async () => {
    cli.process.kill('SIGKILL')
    await cli.ended
  })
  return cli
}

/** A node that runs and speaks JSON. */
export function startNode(t: ExecutionContext, id: string, ...args: string[]): Cli {
  return start(t, ['run', '--json', '--id', id, ...args])
}

export async function startRoot(t: ExecutionContext, ...args: string[]) {
  const root = startNode(t, '0x100', '--listen', 'tcp://127.0.0.1:0', ...args)
  return { root, address: await root.address() }
}

/** Verbs that wait for a parent and for answers: 5 s by default, which a busy machine overruns. */
const VISITS = ['send', 'ping', 'peers', 'routes', 'tree', 'services', 'retire', 'call']

function patiently(args: readonly string[]): readonly string[] {
  const isVisit = VISITS.includes(args[0] ?? '') && !args.includes('--timeout')
  return isVisit ? [...args, '--timeout', '1m'] : args
}

/** Runs to its end. */
export async function finish(
  t: ExecutionContext,
  args: readonly string[],
  given: { readonly input?: string; readonly environment?: Environment } = {},
): Promise<Ended> {
  const cli = start(t, patiently(args), given.environment)
  cli.process.stdin.end(given.input ?? '')
  return cli.ended
}

export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'treebus-cli-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
