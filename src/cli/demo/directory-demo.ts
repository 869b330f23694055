// The directory's demo: who offers what stays known while a service and a registry are killed.
//
//   npm run demo:directory

import { escaped } from '../printable.js'
import { Cast } from './cast.js'
import {
  type Actor,
  HUB_ACTORS,
  LATE,
  LOST_REGISTRY,
  LOST_SERVICE,
  REGISTRY_ACTORS,
  SERVICE_ACTORS,
} from './directory-plan.js'
import { Lists, type Shown } from './lists.js'
import { WATCHDOG_MS } from './node-process.js'

function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

const lists = new Lists()
const cast = new Cast(lists)
const services = SERVICE_ACTORS.map(({ id }) => id)

async function demo(): Promise<number> {
  const startMs = performance.now()
  process.on('exit', () => cast.abandon())
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  await assemble()
  await loseService()
  const beforeLoss = lists.losses.length
  await loseRegistry()
  await joinLate()
  const wrong = lists.losses.slice(beforeLoss)
  say()
  say('leaving ...')
  const count = cast.size
  const bad = await cast.stop()
  for (const id of bad) say(`  ${id} did not end in good order`)
  say()
  say(`processes              ${count} at the end`)
  say(`services lost by crash ${beforeLoss > 0 ? 1 : 0}, seen by every list`)
  say(`living services that a list lost while the registry was away: ${wrong.length}`)
  for (const { list, service, reason } of wrong) say(`  ${list} lost ${service}: ${reason}`)
  say(`all in all             ${since(startMs)}`)
  return wrong.length === 0 && bad.length === 0 ? 0 : 1
}

async function assemble(): Promise<void> {
  say(`starting ${REGISTRY_ACTORS.length} registries and ${services.length} services ...`)
  for (const hub of HUB_ACTORS) await cast.start(hub)
  const startMs = performance.now()
  await cast.startAll([...REGISTRY_ACTORS, ...SERVICE_ACTORS])
  const everyone = [...REGISTRY_ACTORS, ...SERVICE_ACTORS]
  say(`  the last process has begun after ${since(startMs)}, most of it Node's own start`)
  const begunMs = performance.now()
  await Promise.all(everyone.map(({ id }) => lists.whole(id, services)))
  say(
    `  every list is whole after ${since(begunMs)} more: each names all ${services.length} services`,
  )
  for (const zone of ['west', 'east']) {
    const inZone = (actor: Actor): boolean => actor.zone === zone
    const named = everyone.filter(inZone).map(({ id, app }) => `${id} ${app || 'registry'}`)
    say(`  ${zone}: ${named.join(', ')}`)
  }
}

async function loseService(): Promise<void> {
  say()
  say(`kill -9 of the service ${LOST_SERVICE} ...`)
  const startMs = performance.now()
  const gone = lists.all(LOST_SERVICE, false)
  await cast.kill(LOST_SERVICE)
  sayWhen('has it no more', await gone, startMs)
}

async function loseRegistry(): Promise<void> {
  const living = services.filter((id) => id !== LOST_SERVICE)
  const registry = REGISTRY_ACTORS.find(({ id }) => id === LOST_REGISTRY)
  if (registry === undefined) throw new Error(`no registry ${LOST_REGISTRY}`)
  say()
  say(`kill -9 of the registry ${LOST_REGISTRY} ...`)
  await cast.kill(LOST_REGISTRY)
  say(`  a list shows ${lists.shows('0x101')} services besides its own`)
  say('starting it again with an empty list ...')
  const startMs = performance.now()
  const again = await cast.start(registry)
  const whole = again.until('a whole list', ({ event, state }) => {
    return event === 'list' && state === 'whole'
  })
  await Promise.all([lists.whole(LOST_REGISTRY, living), whole])
  say(`  it lists all ${lists.shows(LOST_REGISTRY)} services after ${since(startMs)}`)
}

async function joinLate(): Promise<void> {
  say()
  say(`a service of another kind joins: ${LATE.id} ${LATE.app} in ${LATE.zone} ...`)
  const [shown] = await Promise.all([lists.all(LATE.id, true), cast.start(LATE)])
  // Its process takes its time to begin; from then on it is the directory's.
  const others = shown.filter(({ list }) => list !== LATE.id)
  sayWhen('has it', others, others[0]?.atMs ?? 0)
}

function sayWhen(what: string, shown: readonly Shown[], startMs: number): void {
  for (const [index, name] of [
    [0, 'first list'],
    [shown.length - 1, 'last list'],
  ] as const) {
    const { list, atMs } = shown[index] ?? { list: '', atMs: 0 }
    say(`  the ${name} ${what} after ${(atMs - startMs).toFixed(1)} ms (${list})`)
  }
}

function since(startMs: number): string {
  return `${(performance.now() - startMs).toFixed(0)} ms`
}

try {
  process.exitCode = await demo()
} catch (error) {
  process.stderr.write(`demo: ${escaped((error as Error).message)} (limit ${WATCHDOG_MS} ms)\n`)
  process.exit(1)
}
