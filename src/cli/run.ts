// `treebus run`: a node that stays, tells its events and takes verbs on stdin.

import { Directory, formatId } from '../index.js'
import { tellingTo } from './directory-events.js'
import { runDirectory } from './directory-options.js'
import { EXIT } from './exit-code.js'
import type { Given } from './given.js'
import { readLines } from './lines.js'
import { startTelling } from './node-events.js'
import { doubtsAbout, duration, inWordsOfUser, runOptions } from './node-options.js'
import { Output } from './output.js'
import { escaped } from './printable.js'
import { StdinVerbs } from './stdin-verbs.js'
import { onStopSignal } from './stop-signals.js'

const DRAIN_TIMEOUT_MS = 5_000
const LINE_BYTES_MIN = 64 * 1024
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024

/** Resolves with the exit code when the node has left. */
export async function run(
  given: Given,
  { isRegistry }: { readonly isRegistry: boolean } = { isRegistry: false },
): Promise<number> {
  const options = runOptions(given)
  const directory = runDirectory(given, isRegistry)
  const drainTimeoutMs = duration(given, 'drainTimeout') ?? DRAIN_TIMEOUT_MS
  const untilEof = given.isOn('untilEof')
  const leaving = new AbortController()
  const leave = () => leaving.abort()
  const output = new Output(given.isOn('json'), leave)
  const rules = { echo: given.isOn('echo'), routes: given.isOn('routes') }
  for (const doubt of doubtsAbout(given)) process.stderr.write(`treebus: ${escaped(doubt)}\n`)

  const stopListening = onStopSignal(leave)
  const node = await startTelling(options, output, rules).catch((error: unknown) => {
    throw inWordsOfUser(error, given)
  })
  // A root without a listener has nothing else that would hold its process.
  const stay = setInterval(() => {}, 2 ** 30)
  try {
    if (directory !== undefined) await Directory.start(node, directory, tellingTo(output))
    const lineBytesMax = lineBytesFor(options.messageBytesMax ?? MESSAGE_BYTES_MAX)
    const verbs = new StdinVerbs({ node, output, signal: leaving.signal, quit: leave })
    void obey(verbs, lineBytesMax, leaving.signal).then(async () => {
      if (!untilEof || leaving.signal.aborted) return
      await verbs.settled()
      leave()
    })
    await aborted(leaving.signal)
    output.tell('leaving', { id: formatId(node.id) })
  } finally {
    await node.close({ timeoutMs: drainTimeoutMs })
    clearInterval(stay)
    process.stdin.destroy()
    stopListening()
  }
  return EXIT.ok
}

/** Room for `sendhex`, which takes two digits for a byte, and for what stands before them. */
function lineBytesFor(messageBytesMax: number): number {
  return Math.max(LINE_BYTES_MIN, 2 * messageBytesMax + 1_024)
}

/** Resolves when stdin has ended or is taken away. */
async function obey(verbs: StdinVerbs, lineBytesMax: number, signal: AbortSignal): Promise<void> {
  const stdin = process.stdin
  signal.addEventListener('abort', () => stdin.destroy())
  const lines = readLines(stdin, lineBytesMax)
  for (;;) {
    // A stdin that fails is one that ended; what a verb throws is another matter.
    const next = await lines.next().catch(() => undefined)
    if (next === undefined || next.done || signal.aborted) return
    await verbs.execute(next.value)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
