// One process of the game: its services, or the players of a gateway. Started by game-crew.ts.

import { setTimeout as delay } from 'node:timers/promises'
import { BusError } from '../../errors.js'
import { Cluster } from '../../services/cluster.js'
import { type GameActor, MOVES } from './game-plan.js'
import { LatencyTable } from './latency-table.js'

export interface GameOptions {
  /** `keeper`: the root of the tree, with the registry. */
  readonly actor: Omit<GameActor, 'kind'> & { readonly kind: GameActor['kind'] | 'keeper' }
  readonly address: string
  readonly token: string
  /** Of a gateway: who all play at once. */
  readonly players: number
}

/** Since the report before; `failed` by how the call ended. */
export interface GameReport {
  readonly event: 'report'
  readonly served: number
  readonly made: number
  readonly failed: Readonly<Record<string, number>>
  readonly latency: readonly (readonly number[])[]
}

export type GameEvent = GameReport | { readonly event: 'up' | 'leaving' }

const REPORT_MS = 250
/** What a player takes to look at what the game says. */
const THINK_MS = 10
/** Alone, a registry would wait a minute for others that might know more. */
const WARM_UP_MS = 500

const latency = new LatencyTable()
let served = 0
let made = 0
let failed: Record<string, number> = {}
let isLeaving = false

function tell(event: GameEvent): void {
  if (process.connected) process.send?.(event)
}

function report(): void {
  tell({ event: 'report', served, made, failed, latency: latency.take() })
  served = 0
  made = 0
  failed = {}
}

async function join({ actor, address, token }: GameOptions): Promise<Cluster> {
  const { id, kind } = actor
  const shared = { id, tokens: [token], zone: 'game', loadReportMs: 1000 }
  if (kind === 'keeper') {
    const registry = { times: { warmUpMs: WARM_UP_MS } }
    return Cluster.join({ ...shared, listen: [address], registry })
  }
  return Cluster.join({ ...shared, parent: address, services: [kind] }, (cluster) =>
    handle(cluster, kind),
  )
}

function handle(cluster: Cluster, kind: GameActor['kind']): void {
  let matches = 0
  let ticks = 0
  const handlers: Readonly<Record<string, () => void>> = {
    lobby: () =>
      cluster.handle<{ player: string }>('enter', async ({ player }) => {
        served += 1
        return cluster.invoke('matchmaker', 'match', { player })
      }),
    matchmaker: () =>
      cluster.handle('match', () => {
        served += 1
        matches += 1
        return { match: matches }
      }),
    world: () =>
      cluster.handle('move', () => {
        served += 1
        ticks += 1
        return { tick: ticks }
      }),
  }
  handlers[kind]?.()
}

async function timed<T>(call: () => Promise<T>): Promise<T | undefined> {
  const startMs = performance.now()
  made += 1
  try {
    const answer = await call()
    latency.count((performance.now() - startMs) * 1000)
    return answer
  } catch (error) {
    const code = error instanceof BusError ? error.code : 'bug'
    failed[code] = (failed[code] ?? 0) + 1
    return undefined
  }
}

/** Enters through a lobby, is matched, and moves in the world of the match; again and again. */
async function play(cluster: Cluster, player: string): Promise<void> {
  while (!isLeaving) {
    const lobby = { app: 'lobby', selector: 'smooth' }
    const entered = await timed(() => cluster.invoke<{ match: number }>(lobby, 'enter', { player }))
    const world = { app: 'world', selector: 'consistentHash', key: entered?.match ?? 0 }
    for (let move = 0; move < MOVES && !isLeaving; move += 1) {
      await timed(() => cluster.invoke(world, 'move', { player, move }))
      await delay(THINK_MS)
    }
  }
}

async function run(options: GameOptions): Promise<void> {
  const { kind, name } = options.actor
  const cluster = await join(options)
  const isGateway = kind === 'gateway'
  if (isGateway) await Promise.all(['lobby', 'world'].map((type) => cluster.waitFor(type)))
  if (kind === 'lobby') await cluster.waitFor('matchmaker')
  const players = Array.from({ length: isGateway ? options.players : 0 }, (_, number) =>
    play(cluster, `${name}/${number}`),
  )
  setInterval(report, REPORT_MS).unref()
  process.on('message', (order) => {
    if (order === 'leave') void leave(cluster, players)
  })
  tell({ event: 'up' })
}

/** Players end what they do; services end what they work on, and are withdrawn. */
async function leave(cluster: Cluster, players: readonly Promise<void>[]): Promise<void> {
  isLeaving = true
  tell({ event: 'leaving' })
  await Promise.all(players)
  const isQuiet = await cluster.drain()
  await cluster.close()
  report()
  process.exitCode = isQuiet ? 0 : 1
  process.disconnect()
}

// Whoever started this process is gone, or it was told to leave.
process.on('disconnect', () => process.exit())
await run(JSON.parse(process.argv[2] ?? '{}') as GameOptions)
