// The demo: a tree of processes carries lines from leaf to leaf, loses one, and says how soon.
//
//   npm run demo [FILE]     FILE, or what is piped in, or demo/lines.txt

import { escaped } from '../printable.js'
import { Arrivals } from './arrivals.js'
import { openInput } from './input.js'
import type { NodeEvent } from './node-process.js'
import { MOURNER, PLAN, VICTIM } from './plan.js'
import { carry } from './traffic.js'
import { Tree } from './tree.js'

function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

async function demo(file: string | undefined): Promise<number> {
  const startMs = performance.now()
  const input = await openInput(file)
  const arrivals = new Arrivals(say)
  const tree = new Tree((id, event) => arrivals.told(id, event))
  process.on('exit', () => tree.abandon())
  stopOnSignals()

  say(`starting ${PLAN.length} processes ...`)
  await tree.start()
  say()
  for (const line of tree.draw()) say(line)

  say()
  say(`carrying the lines of ${input.name} from leaf to leaf ...`)
  const carryMs = performance.now()
  const tally = await carry(tree, input.lines, (event) => {
    say(`  failed: ${escaped(JSON.stringify(event))}`)
  })
  await arrivals.reached(tally.delivered)
  const carriedMs = performance.now() - carryMs
  arrivals.sayRest()

  const failed = await mourn(tree)
  say()
  say('leaving, leaves first ...')
  const bad = await tree.stop()
  for (const id of bad) say(`  ${id} did not end in good order`)

  say()
  say(`lines sent      ${tally.sent}`)
  say(`delivered       ${tally.delivered} in ${carriedMs.toFixed(0)} ms, ${arrivals.perNode()}`)
  say(`failed          ${tally.failed}, and ${failed} to the dead leaf, as it must`)
  say(`all in all      ${(performance.now() - startMs).toFixed(0)} ms`)
  return tally.failed === 0 && bad.length === 0 ? 0 : 1
}

/** Kills a leaf; tells when its parent and the other side know, and what a sender learns. */
async function mourn(tree: Tree): Promise<number> {
  const parent = PLAN.find(({ id }) => id === VICTIM)!.parent
  const victim = tree.node(VICTIM)
  const mourner = tree.node(MOURNER)
  const isLoss = (name: string) => (told: NodeEvent) =>
    told['event'] === name && told['id'] === VICTIM
  const lost = tree.node(parent).until('link_down', isLoss('link_down'))
  const gone = mourner.until('route_down', isLoss('route_down'))
  say()
  say(`kill -9 ${victim.pid} (${VICTIM}) ...`)
  const killMs = performance.now()
  const sayWhen = (who: string, told: NodeEvent): void =>
    say(`  ${who} knew after ${since(killMs)}: ${String(told['reason'])}`)
  victim.kill()
  await Promise.all([
    lost.then((told) => sayWhen(parent, told)),
    gone.then((told) => sayWhen(`${MOURNER}, at the other side,`, told)),
  ])
  const askMs = performance.now()
  const answer = await mourner.ask(`confirm ${VICTIM} are you there?`)
  if (answer['event'] !== 'failure') throw new Error(`${VICTIM} is dead, and yet it answered`)
  say(`  ${MOURNER} sends to it, and is told after ${since(askMs)}: ${String(answer['reason'])}`)
  return 1
}

function since(startMs: number): string {
  return `${(performance.now() - startMs).toFixed(1)} ms`
}

/** The handler of `exit` ends the processes. */
function stopOnSignals(): void {
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
}

try {
  process.exitCode = await demo(process.argv[2])
} catch (error) {
  process.stderr.write(`demo: ${escaped((error as Error).message)}\n`)
  process.exit(1)
}
