// `npm run bench`: lists the questions, or runs those that are named.

import { writeFileSync } from 'node:fs'
import { besides } from './against.js'
import { type BenchArguments, parseArguments, USAGE } from './arguments.js'
import { describeMachine } from './machine.js'
import { Progress } from './progress.js'
import { type KeptCell, keptOf, textOf } from './publish/results.js'
import type { Cell, Question } from './question.js'
import { batches } from './questions/batches.js'
import { directory } from './questions/directory.js'
import { encrypted } from './questions/encrypted.js'
import { fanIn } from './questions/fan-in.js'
import { fanOut } from './questions/fan-out.js'
import { fixedRate } from './questions/fixed-rate.js'
import { hop } from './questions/hop.js'
import { idle } from './questions/idle.js'
import { instructions } from './questions/instructions.js'
import { loopDelay } from './questions/loop-delay.js'
import { membership } from './questions/membership.js'
import { mixedSizes } from './questions/mixed-sizes.js'
import { oneWay } from './questions/one-way.js'
import { oneWayPeers } from './questions/one-way-peers.js'
import { reconnect } from './questions/reconnect.js'
import { requestPeers } from './questions/request-peers.js'
import { requestReply } from './questions/request-reply.js'
import { ring } from './questions/ring.js'
import { ringAnswer } from './questions/ring-answer.js'
import { routeTables } from './questions/route-tables.js'
import { routes } from './questions/routes.js'
import { selection } from './questions/selection.js'
import { serviceBroadcast } from './questions/service-broadcast.js'
import { localCalls, serviceCalls } from './questions/service-calls.js'
import { startUp } from './questions/start-up.js'
import { reportOf } from './report.js'
import { type CellResult, killAll, runQuestion, runsOf } from './runner.js'

/** The questions have cells of different kinds: each is asked without looking into its cells. */
interface Entry {
  readonly name: string
  readonly title: string
  runs(args: BenchArguments): number
  ask(args: BenchArguments, begins: (what: string) => void): Promise<readonly CellResult[]>
}

function entryOf<C extends Cell>(question: Question<C>): Entry {
  return {
    name: question.name,
    title: question.title,
    runs: (args) => runsOf(besides(question, args.against), args),
    ask: async ({ against, cell, cpuProf, quick, rounds }, onProgress) => {
      const execArgv = cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProf}`]
      const options = { rounds, quick, cell, execArgv, onProgress }
      const asked = besides(question, against)
      const results = await runQuestion(asked, options)
      show('')
      process.stdout.write(`${reportOf(asked, results).join('\n')}\n`)
      return results
    },
  }
}

const QUESTIONS = [
  oneWay,
  batches,
  oneWayPeers,
  requestReply,
  requestPeers,
  hop,
  idle,
  fixedRate,
  fanIn,
  fanOut,
  mixedSizes,
  loopDelay,
  membership,
  reconnect,
  instructions,
  encrypted,
  startUp,
  ring,
  ringAnswer,
  routes,
  routeTables,
  selection,
  serviceCalls,
  localCalls,
  directory,
  serviceBroadcast,
]
const ENTRIES = QUESTIONS.map((question) => entryOf(question as Question))
/** One line that is written over on a terminal, many in a file. */
function show(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
  else if (line !== '') process.stderr.write(`${line}\n`)
}

function list(): string {
  const width = Math.max(...ENTRIES.map(({ name }) => name.length))
  const lines = ENTRIES.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`)
  return `${USAGE}\nQuestions:\n${lines.join('\n')}\n`
}

function chosen(names: readonly string[]): readonly Entry[] {
  if (names.includes('all')) return ENTRIES
  return names.map((name) => {
    const entry = ENTRIES.find((candidate) => candidate.name === name)
    if (entry === undefined) throw new Error(`no question ${name}`)
    return entry
  })
}

async function run(args: BenchArguments): Promise<boolean> {
  const entries = chosen(args.names)
  const machine = describeMachine(process.argv.slice(2), args.note)
  const { cpuModel, cores, memoryMib, kernel, node, commit, date } = machine
  const where = `${cores} x ${cpuModel}, ${memoryMib} MiB, kernel ${kernel}`
  process.stdout.write(`${where}, Node ${node}, commit ${commit}, ${date}\n\n`)
  const questions: Record<string, readonly KeptCell[]> = {}
  const runs = entries.reduce((sum, entry) => sum + entry.runs(args), 0)
  const progress = new Progress(runs, performance.now())
  let failures = 0
  for (const entry of entries) {
    const begins = (what: string): void => show(progress.line(what, performance.now()))
    const results = await entry.ask(args, begins)
    for (const result of results) failures += result.failures.length
    questions[entry.name] = results.map(keptOf)
    // After each question: what was measured survives whatever stops the next.
    if (args.json !== undefined) writeFileSync(args.json, textOf({ machine, questions }))
  }
  return failures === 0
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killAll()
    process.exit(130)
  })
}

try {
  const args = parseArguments(process.argv.slice(2))
  if (args.names.length === 0) process.stdout.write(list())
  else if (!(await run(args))) process.exitCode = 1
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
