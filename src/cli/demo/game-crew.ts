// The processes of the game: started, counted, replaced one by one, and ended.

import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ActorState, ShownActor, ShownCalls } from './game-picture.js'
import { type GameActor, KEEPER_ID } from './game-plan.js'
import type { GameEvent, GameOptions, GameReport } from './game-process.js'
import { LatencyTable } from './latency-table.js'
import { WATCHDOG_MS } from './node-process.js'

const ENTRY = fileURLToPath(new URL('./game-process.js', import.meta.url))

interface Member {
  readonly actor: GameOptions['actor']
  readonly child: ChildProcess
  readonly exited: Promise<number | NodeJS.Signals>
  /** Started in the place of another. */
  readonly isSuccessor: boolean
  state: ActorState
  /** Calls since it started, and those at the last picture. */
  calls: number
  callsShown: number
}

export class GameCrew {
  readonly #folder = mkdtempSync(join(tmpdir(), 'treebus-game-'))
  readonly #players: number
  readonly #token = randomBytes(16).toString('hex')
  readonly #members: Member[] = []
  readonly #latency = new LatencyTable()
  readonly #failures = new Map<string, number>()
  #made = 0
  #madeShown = 0
  readonly #watchers = new Set<() => void>()

  /** `players` of each gateway. */
  constructor(players: number) {
    this.#players = players
  }

  get failures(): ReadonlyMap<string, number> {
    return this.#failures
  }

  startKeeper(): Promise<void> {
    return this.#start(false, { id: KEEPER_ID, kind: 'keeper', name: 'keeper' })
  }

  start(actor: GameActor): Promise<void> {
    return this.#start(false, actor)
  }

  /** A successor is there and works before the old one is told to leave. */
  async replace(actor: GameActor): Promise<number | NodeJS.Signals> {
    const old = this.#members.find((one) => one.actor.name === actor.name && one.state === 'up')
    if (old === undefined) throw new Error(`${actor.name} is not there`)
    const id = `0x${(Number(old.actor.id) + 0x100).toString(16)}`
    await this.#start(true, { ...actor, id })
    const successor = this.#members.at(-1) as Member
    await this.#until(`work of the new ${actor.name}`, () => successor.calls > 0)
    return this.#leave(old)
  }

  /** Gateways first, the keeper last. Resolves with the names of those that did not end well. */
  async end(): Promise<string[]> {
    const bad: string[] = []
    const living = this.#members.filter(({ state }) => state === 'up')
    const isFirst = ({ actor }: Member) => actor.kind === 'gateway'
    const isLast = ({ actor }: Member) => actor.kind === 'keeper'
    const rest = living.filter((one) => !isFirst(one) && !isLast(one))
    for (const part of [living.filter(isFirst), rest, living.filter(isLast)]) {
      const codes = await Promise.all(part.map((member) => this.#leave(member)))
      codes.forEach((code, index) => {
        if (code !== 0) bad.push(part[index]?.actor.name ?? '')
      })
    }
    return bad
  }

  /** Whatever happened: no process and no file stays. */
  abandon(): void {
    for (const { child } of this.#members) child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Since the call before, `seconds` ago. */
  look(seconds: number): { readonly actors: ShownActor[]; readonly calls: ShownCalls } {
    const actors = this.#members.flatMap((member) => shown(member, seconds))
    const perSecond = (this.#made - this.#madeShown) / seconds
    this.#madeShown = this.#made
    return { actors, calls: { ...this.totals(), perSecond } }
  }

  totals(): Omit<ShownCalls, 'perSecond'> {
    const failed = [...this.#failures.values()].reduce((sum, count) => sum + count, 0)
    return {
      total: this.#made,
      failed,
      p50Us: this.#latency.percentileUs(0.5),
      p99Us: this.#latency.percentileUs(0.99),
    }
  }

  /** Calls that services of these kinds answered. */
  served(...kinds: readonly string[]): number {
    const own = this.#members.filter(({ actor }) => kinds.includes(actor.kind))
    return own.reduce((sum, { calls }) => sum + calls, 0)
  }

  async #start(isSuccessor: boolean, actor: GameOptions['actor']): Promise<void> {
    const address = `unix://${join(this.#folder, 'keeper.sock')}`
    const options: GameOptions = { actor, address, token: this.#token, players: this.#players }
    const child = fork(ENTRY, [JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const exited = new Promise<number | NodeJS.Signals>((resolve) => {
      child.on('error', () => resolve(1))
      child.on('exit', (code, signal) => resolve(code ?? signal ?? 1))
    })
    const counts = { calls: 0, callsShown: 0 }
    const member: Member = { actor, child, exited, isSuccessor, state: 'starting', ...counts }
    void exited.then(() => {
      member.state = 'down'
      this.#changed()
    })
    child.on('message', (event: GameEvent) => this.#told(member, event))
    this.#members.push(member)
    await this.#until(`start of ${actor.name}`, () => member.state !== 'starting')
    if (member.state !== 'up') throw new Error(`${actor.name} did not start`)
  }

  async #leave(member: Member): Promise<number | NodeJS.Signals> {
    if (member.child.connected) member.child.send('leave')
    const timer = setTimeout(() => member.child.kill('SIGKILL'), 2 * WATCHDOG_MS)
    return member.exited.finally(() => clearTimeout(timer))
  }

  #told(member: Member, event: GameEvent): void {
    if (event.event === 'report') this.#count(member, event)
    else member.state = event.event === 'up' ? 'up' : 'draining'
    this.#changed()
  }

  #count(member: Member, { served, made, failed, latency }: GameReport): void {
    member.calls += served + made
    this.#made += made
    this.#latency.add(latency)
    for (const [code, count] of Object.entries(failed)) {
      this.#failures.set(code, (this.#failures.get(code) ?? 0) + count)
    }
  }

  #changed(): void {
    for (const look of this.#watchers) look()
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        settle()
      }
      const look = () => {
        if (isSo()) end(resolve)
      }
      const late = () => end(() => reject(new Error(`no ${what} within ${WATCHDOG_MS} ms`)))
      const timer = setTimeout(late, WATCHDOG_MS)
      this.#watchers.add(look)
      look()
    })
  }
}

/** The keeper answers no calls, and who has left is not shown. */
function shown(member: Member, seconds: number): ShownActor[] {
  const { actor, calls, callsShown, child, isSuccessor, state } = member
  member.callsShown = calls
  if (actor.kind === 'keeper' || state === 'down') return []
  const perSecond = (calls - callsShown) / seconds
  const { kind, name } = actor
  return [{ kind, name, pid: child.pid ?? 0, state, isSuccessor, perSecond }]
}
