// How a command of ours ends: the exit codes, and the error that stands for bad usage.

import { type BusErrorCode, formatId, parseId } from '../index.js'

/** Part of the public interface: scripts test them. */
export const EXIT = {
  ok: 0,
  /** What was asked for was tried and did not succeed. */
  failed: 1,
  /** A flag, a variable, a file or an address is not valid; nothing was tried. */
  usage: 2,
  /** The parent could not be reached, or did not let us in. */
  unreachable: 3,
  /** 128 and the signal's number, as shells report it. */
  interrupted: 130,
  terminated: 143,
} as const

/** The user's words are at fault. The message names the value and where it was given. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const USAGE_CODES: ReadonlySet<BusErrorCode> = new Set<BusErrorCode>([
  'BAD_ARGUMENT',
  'BAD_CONFIGURATION',
  'BAD_ADDRESS',
  'OPEN_LISTENER',
  'LISTEN_FAILED',
])

/** The exit code for a node that could not be started. */
export function exitCodeOf(code: BusErrorCode): number {
  return USAGE_CODES.has(code) ? EXIT.usage : EXIT.unreachable
}

/** `where` names the place of the text for the user. */
export function readId(text: string, where: string): bigint {
  try {
    return parseId(text)
  } catch {
    throw new UsageError(`${where} ${text}: not an id (0x… or decimal, 64 bits)`)
  }
}

/** For an id that has to name a node: 0 is nobody. */
export function readNodeId(text: string, where: string): bigint {
  const id = readId(text, where)
  if (id === 0n) throw new UsageError(`${where} ${formatId(id)}: no node has the id 0`)
  return id
}
