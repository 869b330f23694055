// Where the demo's lines come from: a file, what is piped in, or a text of its own.

import { createReadStream, existsSync, fstatSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Line, readLines } from '../lines.js'

const LINE_BYTES_MAX = 2 * 1024 * 1024
/** A pipe that stays silent for so long was not meant for us. */
const FIRST_LINE_MS = 3_000

export interface DemoInput {
  readonly name: string
  readonly lines: AsyncIterable<Line>
}

/** `file`: as given on the command line; `-` is stdin, however long that takes. */
export async function openInput(file: string | undefined): Promise<DemoInput> {
  if (file === '-') return { name: 'stdin', lines: readLines(process.stdin, LINE_BYTES_MAX) }
  if (file !== undefined) return fileInput(resolve(process.env['INIT_CWD'] ?? '.', file), file)
  if (!isPiped()) return ownInput()
  return (await pipedInput()) ?? ownInput()
}

function fileInput(path: string, name: string): DemoInput {
  if (!existsSync(path)) throw new Error(`${name}: there is no such file`)
  return { name, lines: readLines(createReadStream(path), LINE_BYTES_MAX) }
}

function ownInput(): DemoInput {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory)
  return fileInput(join(directory, 'demo/lines.txt'), 'demo/lines.txt')
}

/** A terminal and /dev/null are character devices. */
function isPiped(): boolean {
  try {
    return !fstatSync(0).isCharacterDevice()
  } catch {
    return false
  }
}

async function pipedInput(): Promise<DemoInput | undefined> {
  const lines = readLines(process.stdin, LINE_BYTES_MAX)
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, FIRST_LINE_MS, undefined)
  })
  const next = lines.next()
  const first = await Promise.race([next, silence]).finally(() => clearTimeout(timer))
  if (first === undefined || first.done) {
    next.catch(() => {})
    process.stdin.destroy()
    return undefined
  }
  return { name: 'stdin', lines: startingWith(first.value, lines) }
}

async function* startingWith(first: Line, rest: AsyncIterable<Line>): AsyncGenerator<Line> {
  yield first
  yield* rest
}
