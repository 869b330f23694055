// The command line: its verbs, their flags and help, and from every outcome to an exit code.

import { createRequire } from 'node:module'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { BusError } from '../index.js'
import { visitorDirectory } from './directory-options.js'
import { EXIT, exitCodeOf, readNodeId, UsageError } from './exit-code.js'
import { Given, type Layer, layerOfEnvironment, layerOfFlags } from './given.js'
import {
  AFTER_HELP,
  AFTER_REGISTRY_HELP,
  AFTER_RUN_HELP,
  AFTER_VISIT_HELP,
  RETIRE_SAYS,
} from './help-text.js'
import { escaped } from './printable.js'
import { parseCount, parseDuration, parseSize } from './quantities.js'
import {
  DIRECTORY_VISIT_SETTINGS,
  flagOf,
  REGISTRY_RUN_SETTINGS,
  RUN_SETTINGS,
  type SettingName,
  settingOf,
  VISIT_SETTINGS,
  variableOf,
} from './settings.js'
import { UnreachableError } from './visit.js'

const TIMEOUT_MS = 5_000
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024
const TYPE_MAX = 2 ** 31 - 1
/** No timer of the runtime is longer. */
const TIMER_MS_MAX = 2 ** 31 - 1

type Flags = Readonly<Record<string, unknown>>

/** Resolves with the exit code; what went wrong has been told to `complain` in one line. */
export async function main(
  args: readonly string[],
  complain: (line: string) => void = toStderr,
): Promise<number> {
  let code: number = EXIT.ok
  const program = buildProgram((outcome) => {
    code = outcome
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    const { code: failure, message } = explained(error)
    if (message !== '') complain(`treebus: ${escaped(message)}`)
    return failure
  }
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** No message where all has been said. What is no fault of the user's is thrown on. */
function explained(error: unknown): { readonly code: number; readonly message: string } {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { code: EXIT.ok, message: '' }
    // A command line without a verb has been answered with the help.
    const isHelp = error.code === 'commander.help'
    return { code: EXIT.usage, message: isHelp ? '' : error.message.replace(/^error: /, '') }
  }
  if (error instanceof UsageError) return { code: EXIT.usage, message: error.message }
  if (error instanceof UnreachableError) return { code: EXIT.unreachable, message: error.message }
  if (error instanceof BusError) return { code: exitCodeOf(error.code), message: error.message }
  throw error
}

function buildProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('treebus')
    .description('Joins a tree of processes: starts a node, or asks one that runs.')
    .version(versionOf(), '-V, --version')
    .addHelpText('after', AFTER_HELP)
  strict(program)
  program.addCommand(runCommand(finish))
  program.addCommand(sendCommand(finish))
  program.addCommand(pingCommand(finish))
  program.addCommand(peersCommand(finish))
  program.addCommand(routesCommand(finish))
  program.addCommand(treeCommand(finish))
  program.addCommand(registryCommand(finish))
  program.addCommand(servicesCommand(finish))
  program.addCommand(retireCommand(finish))
  program.addCommand(callCommand(finish))
  return program
}

/** Errors come to `explain`, and nothing is printed twice. */
function strict(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: false })
}

function runCommand(finish: (exitCode: number) => void): Command {
  const command = strict(new Command('run'))
    .description('Start a node. It prints one line per event and takes verbs on stdin.')
    .addHelpText('after', AFTER_RUN_HELP)
  addSettings(command, RUN_SETTINGS)
  return command.action(async (flags: Flags) => {
    const given = await givenFrom(flags, RUN_SETTINGS)
    const { run } = await import('./run.js')
    finish(await run(given))
  })
}

function sendCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('send')
    .description('Send each line of stdin as one message. Waits until the last has arrived.')
    .argument('<id>', 'the node that the messages are for')
    .addOption(single('--type <NUMBER>', 'a number that travels with each message (default: 0)'))
    .addOption(new Option('--confirm', 'have every message confirmed, not only the last'))
    .action(async (id: string, flags: Flags) => {
      const given = await givenFrom(flags, VISIT_SETTINGS)
      const to = readNodeId(id, 'ID')
      const type = countFlag(flags, 'type', { min: -TYPE_MAX - 1, max: TYPE_MAX }) ?? 0
      const lineBytesMax = given.read('maxMessageSize', parseSize, 'a size') ?? MESSAGE_BYTES_MAX
      const plan = { to, type, confirm: flags['confirm'] === true, lineBytesMax }
      const [{ visit }, { send }] = await Promise.all([import('./visit.js'), import('./send.js')])
      finish(await visit(given, timeoutOf(flags), (guest) => send(guest, plan)))
    })
}

function pingCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('ping')
    .description('Measure the way to a node and back.')
    .argument('<id>', 'the node to measure')
    .addOption(single('--count <NUMBER>', 'how often (default: 4)'))
    .addOption(single('--interval <DURATION>', 'wait between two (default: 1s)'))
    .action(async (id: string, flags: Flags) => {
      const given = await givenFrom(flags, VISIT_SETTINGS)
      const to = readNodeId(id, 'ID')
      const count = countFlag(flags, 'count', { min: 1, max: 1_000_000 }) ?? 4
      const intervalMs = durationFlag(flags, 'interval', 0) ?? 1_000
      const [{ visit }, { ping }] = await Promise.all([import('./visit.js'), import('./ping.js')])
      const plan = { to, count, intervalMs }
      finish(await visit(given, timeoutOf(flags), (guest) => ping(guest, plan)))
    })
}

function peersCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('peers')
    .description('List the neighbours of a node.')
    .argument('[id]', 'the node to ask (default: the parent)')
    .action(async (id: string | undefined, flags: Flags) => {
      const given = await givenFrom(flags, VISIT_SETTINGS)
      const of = id === undefined ? undefined : readNodeId(id, 'ID')
      const [{ visit }, { peers }] = await Promise.all([import('./visit.js'), import('./peers.js')])
      finish(await visit(given, timeoutOf(flags), (guest) => peers(guest, of)))
    })
}

function routesCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('routes')
    .description('List who is reachable, as the parent tells it.')
    .addOption(new Option('--watch', 'go on with every change, until stopped'))
    .action(async (flags: Flags) => {
      const given = await givenFrom(flags, VISIT_SETTINGS)
      const watch = flags['watch'] === true
      const [{ visit }, { routes }] = await Promise.all([
        import('./visit.js'),
        import('./routes.js'),
      ])
      finish(await visit(given, timeoutOf(flags), (guest) => routes(guest, { watch })))
    })
}

function treeCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('tree')
    .description('Draw the tree, as far as the parent knows it.')
    .action(async (flags: Flags) => {
      const given = await givenFrom(flags, VISIT_SETTINGS)
      const [{ visit }, { tree }] = await Promise.all([import('./visit.js'), import('./tree.js')])
      finish(await visit(given, timeoutOf(flags), tree))
    })
}

function registryCommand(finish: (exitCode: number) => void): Command {
  const command = strict(new Command('registry'))
    .description('Start a registry: a node that keeps the list of who offers what.')
    .addHelpText('after', AFTER_REGISTRY_HELP)
  addSettings(command, REGISTRY_RUN_SETTINGS)
  return command.action(async (flags: Flags) => {
    const given = await givenFrom(flags, REGISTRY_RUN_SETTINGS)
    const { run } = await import('./run.js')
    finish(await run(given, { isRegistry: true }))
  })
}

function servicesCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('services', DIRECTORY_VISIT_SETTINGS)
    .description('List who offers what, as a registry tells it.')
    .argument('[type]', 'only services of this app')
    .addOption(new Option('--watch', 'go on with every change, until stopped'))
    .action(async (app: string | undefined, flags: Flags) => {
      const given = await givenFrom(flags, DIRECTORY_VISIT_SETTINGS)
      const plan = { app, watch: flags['watch'] === true, options: visitorDirectory(given) }
      const [{ visit }, { services }] = await Promise.all([
        import('./visit.js'),
        import('./services.js'),
      ])
      finish(await visit(given, timeoutOf(flags), (guest) => services(guest, plan)))
    })
}

function retireCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('retire', DIRECTORY_VISIT_SETTINGS)
    .summary('Take one life of a node out of service.')
    .description(RETIRE_SAYS)
    .argument('<id>', 'the node to retire')
    .action(async (id: string, flags: Flags) => {
      const given = await givenFrom(flags, DIRECTORY_VISIT_SETTINGS)
      const plan = { retired: readNodeId(id, 'ID'), options: visitorDirectory(given) }
      const [{ visit }, { retire }] = await Promise.all([
        import('./visit.js'),
        import('./retire.js'),
      ])
      finish(await visit(given, timeoutOf(flags), (guest) => retire(guest, plan)))
    })
}

function callCommand(finish: (exitCode: number) => void): Command {
  return visitCommand('call', DIRECTORY_VISIT_SETTINGS)
    .description('Ask one service of a type, and print its answer as JSON.')
    .argument('<type>', 'the app of the service')
    .argument('<name>', 'the name of the call')
    .argument('[json]', 'what is asked, as JSON; default: nothing')
    .action(async (type: string, name: string, json: string | undefined, flags: Flags) => {
      const given = await givenFrom(flags, DIRECTORY_VISIT_SETTINGS)
      const plan = { type, name, request: readJson(json), options: visitorDirectory(given) }
      const [{ visit }, { call }] = await Promise.all([import('./visit.js'), import('./call.js')])
      finish(await visit(given, timeoutOf(flags), (guest) => call(guest, plan)))
    })
}

function readJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    throw new UsageError(`[json] ${text}: not JSON`)
  }
}

function visitCommand(name: string, settings = VISIT_SETTINGS): Command {
  const command = strict(new Command(name)).addHelpText('after', AFTER_VISIT_HELP)
  addSettings(command, settings)
  const says = 'how long to wait for the parent, and for each answer (default: 5s)'
  return command.addOption(single('--timeout <DURATION>', says))
}

function addSettings(command: Command, names: readonly SettingName[]): void {
  for (const name of names) {
    const { form, group, value, ...setting } = settingOf(name)
    const isVisit = !names.includes('listen')
    const says = (isVisit && setting.saysToVisitor) || setting.says
    const flags = value === undefined ? flagOf(name) : `${flagOf(name)} ${value}`
    const isMany = form === 'list' || form === 'topology' || form === 'names'
    const option = isMany
      ? repeated(flags, says)
      : value
        ? single(flags, says)
        : new Option(flags, says)
    command.addOption(option.helpGroup(`${group}:`))
  }
  const config = 'JSON file with these settings in camelCase'
  command.addOption(single('--config <FILE>', config).helpGroup('Behaviour:'))
}

function single(flags: string, says: string): Option {
  return new Option(flags, says).argParser((value: string, previous: string | undefined) => {
    if (previous === undefined) return value
    throw new InvalidArgumentError(`It is given twice: ${previous} and ${value}.`)
  })
}

function repeated(flags: string, says: string): Option {
  return new Option(flags, says).argParser((value: string, previous: string[] | undefined) => [
    ...(previous ?? []),
    value,
  ])
}

/** Flags over environment over file. The id of a service around us is not one for a visitor. */
async function givenFrom(flags: Flags, names: readonly SettingName[]): Promise<Given> {
  const isVisit = !names.includes('listen')
  const quiet = isVisit ? names.filter((name) => name !== 'id') : names
  const layers: Layer[] = [layerOfFlags(flags, names), layerOfEnvironment(process.env, quiet)]
  const path = flags['config'] ?? process.env[variableOf('config')]
  if (typeof path === 'string' && path !== '') {
    // Most command lines have no file, and none of them should wait for a schema library.
    const { layerOfFile } = await import('./config-file.js')
    layers.push(layerOfFile(path, quiet))
  }
  return new Given(layers)
}

function timeoutOf(flags: Flags): number {
  return durationFlag(flags, 'timeout', 1) ?? TIMEOUT_MS
}

function countFlag(
  flags: Flags,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const expected = `a whole number from ${min} to ${max}`
  return flagRead(flags, name, expected, (text) => within(parseCount(text), min, max))
}

function durationFlag(flags: Flags, name: string, minMs: number): number | undefined {
  const expected = `a duration from ${minMs} to ${TIMER_MS_MAX} ms (8s, 500ms)`
  return flagRead(flags, name, expected, (text) => within(parseDuration(text), minMs, TIMER_MS_MAX))
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined
}

function flagRead<T>(
  flags: Flags,
  name: string,
  expected: string,
  parse: (text: string) => T | undefined,
): T | undefined {
  const text = flags[name]
  if (typeof text !== 'string') return undefined
  const value = parse(text)
  if (value === undefined) throw new UsageError(`--${name} ${text}: not ${expected}`)
  return value
}

function versionOf(): string {
  const manifest: unknown = createRequire(import.meta.url)('treebus/package.json')
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return isManifest ? String(manifest.version) : 'unknown'
}
