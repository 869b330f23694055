// The services' demo: a game back end under load, all of whose processes are replaced one by one.
//
//   npm run demo:services [SECONDS [PLAYERS]]   of load before and after (3); of each gateway (16)

import { setTimeout as delay } from 'node:timers/promises'
import { escaped } from '../printable.js'
import { GameCrew } from './game-crew.js'
import { msOf, pictureOf } from './game-picture.js'
import { GAME_ACTORS, PLAYERS_DEFAULT } from './game-plan.js'

const PICTURE_MS = 1000

function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

async function demo(crew: GameCrew, seconds: number): Promise<number> {
  const startMs = performance.now()
  process.on('exit', () => crew.abandon())
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  say(`starting ${GAME_ACTORS.length} processes and the keeper of their list ...`)
  await crew.startKeeper()
  // Players come when everything is open.
  const gateways = GAME_ACTORS.filter(({ kind }) => kind === 'gateway')
  const services = GAME_ACTORS.filter(({ kind }) => kind !== 'gateway')
  for (const part of [services, gateways]) {
    await Promise.all(part.map((actor) => crew.start(actor)))
  }
  const stopPictures = drawPictures(crew, startMs)
  await delay(seconds * 1000)
  const badOnes = await replaceAll(crew)
  await delay(seconds * 1000)
  stopPictures()
  say()
  say('leaving ...')
  const bad = [...badOnes, ...(await crew.end())]
  return summary(crew, bad, startMs)
}

async function replaceAll(crew: GameCrew): Promise<string[]> {
  const bad: string[] = []
  for (const actor of GAME_ACTORS) {
    say()
    say(`replacing ${actor.name} ...`)
    const code = await crew.replace(actor)
    if (code !== 0) bad.push(`the old ${actor.name}`)
  }
  return bad
}

/** A picture a second, below the one before: a terminal and a file show the same. */
function drawPictures(crew: GameCrew, startMs: number): () => void {
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const { actors, calls } = crew.look((nowMs - lastMs) / 1000)
    lastMs = nowMs
    say()
    for (const line of pictureOf(actors, calls, (nowMs - startMs) / 1000)) say(line)
  }, PICTURE_MS)
  return () => clearInterval(timer)
}

function summary(crew: GameCrew, bad: readonly string[], startMs: number): number {
  const { failed, p50Us, p99Us, total } = crew.totals()
  const answered = crew.served('lobby', 'world')
  say()
  say(`processes replaced  ${GAME_ACTORS.length} of ${GAME_ACTORS.length}, each under load`)
  say(`calls of players    ${total.toLocaleString('en')}, p50 ${msOf(p50Us)}, p99 ${msOf(p99Us)}`)
  say(`answered            ${answered.toLocaleString('en')}`)
  say(`failed              ${failed}`)
  for (const [code, count] of crew.failures) say(`  ${code}: ${count}`)
  for (const name of bad) say(`${name} did not end in good order`)
  say(`all in all          ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  return failed === 0 && bad.length === 0 && answered === total && total > 0 ? 0 : 1
}

try {
  const [seconds = 3, players = PLAYERS_DEFAULT] = process.argv.slice(2).map(Number)
  if (!(seconds > 0 && seconds <= 3600)) throw new Error('SECONDS is a number up to 3600')
  if (!(Number.isInteger(players) && players > 0 && players <= 1000)) {
    throw new Error('PLAYERS is a whole number up to 1,000')
  }
  process.exitCode = await demo(new GameCrew(players), seconds)
} catch (error) {
  process.stderr.write(`demo: ${escaped((error as Error).message)}\n`)
  process.exit(1)
}
