// What the services' demo shows while it runs: who does how much, and how the calls go.

import { GAME_KINDS, type GameKind } from './game-plan.js'

export type ActorState = 'starting' | 'up' | 'draining' | 'down'

export interface ShownActor {
  readonly kind: GameKind
  readonly name: string
  readonly pid: number
  readonly state: ActorState
  /** It was started in the place of another. */
  readonly isSuccessor: boolean
  /** Calls it made, where it is a gateway; those it answered, where it is not. */
  readonly perSecond: number
}

export interface ShownCalls {
  readonly perSecond: number
  readonly total: number
  readonly failed: number
  readonly p50Us: number
  readonly p99Us: number
}

const BAR_COLUMNS = 24
const MARKS: Readonly<Record<ActorState, string>> = {
  starting: '…',
  up: '●',
  draining: '◐',
  down: '○',
}

export function pictureOf(
  actors: readonly ShownActor[],
  calls: ShownCalls,
  atSeconds: number,
): string[] {
  const most = Math.max(1, ...actors.map(({ perSecond }) => perSecond))
  const rows = GAME_KINDS.flatMap((kind) =>
    actors.filter((actor) => actor.kind === kind).map((actor) => rowOf(actor, most)),
  )
  const { perSecond, total, failed, p50Us, p99Us } = calls
  const [rate, all] = [Math.round(perSecond), total].map((figure) => figure.toLocaleString('en'))
  return [
    ...rows,
    `${atSeconds.toFixed(0).padStart(4)} s  ${rate} calls/s, ${all} in all, ${failed} failed; ` +
      `p50 ${msOf(p50Us)}, p99 ${msOf(p99Us)}`,
  ]
}

function rowOf({ name, pid, state, isSuccessor, perSecond }: ShownActor, most: number): string {
  const columns = Math.min(BAR_COLUMNS, Math.round((perSecond / most) * BAR_COLUMNS))
  // Whoever does anything has a bar.
  const bar = '█'.repeat(perSecond > 0 ? Math.max(1, columns) : 0).padEnd(BAR_COLUMNS)
  const rate = Math.round(perSecond).toLocaleString('en').padStart(7)
  const again = isSuccessor ? '  new' : ''
  return (
    `  ${MARKS[state]} ${name.padEnd(13)} ${state.padEnd(8)} ` +
    `pid ${String(pid).padEnd(8)}${bar}${rate}/s${again}`
  )
}

export function msOf(us: number): string {
  return `${(us / 1000).toFixed(us < 10_000 ? 2 : 0)} ms`
}
