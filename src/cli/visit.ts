// A node that visits: it joins as a child under a random id, does one thing and leaves.

import { randomBytes } from 'node:crypto'
import { BusError, BusNode, type BusNodeOptions } from '../index.js'
import { EXIT, exitCodeOf, readNodeId, UsageError } from './exit-code.js'
import type { Given } from './given.js'
import { doubtsAbout, inWordsOfUser, sharedOptions } from './node-options.js'
import { Output } from './output.js'
import { escaped } from './printable.js'
import { onStopSignal } from './stop-signals.js'

export interface Visit {
  readonly node: BusNode
  /** The node that let us in. */
  readonly parent: bigint
  readonly output: Output
  /** For one answer. */
  readonly timeoutMs: number
  /** Aborts when the user wants us to stop. */
  readonly signal: AbortSignal
}

/** What was asked for cannot be had: exit code 3. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** Runs `errand` as a child of the first parent that lets us in; resolves with the exit code. */
export async function visit(
  given: Given,
  timeoutMs: number,
  errand: (visit: Visit) => Promise<number>,
): Promise<number> {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  const output = new Output(given.isOn('json'), stop)
  const options = visitOptions(given)
  for (const doubt of doubtsAbout(given)) process.stderr.write(`treebus: ${escaped(doubt)}\n`)
  const node = await join(given, options, timeoutMs)
  let signalled: number | undefined
  const stopListening = onStopSignal((code) => {
    signalled = code
    stop()
  })
  try {
    const parent = node.peers().find(({ role }) => role === 'parent')
    if (parent === undefined) throw new UnreachableError('the parent closed the link at once')
    const { signal } = stopping
    const code = await errand({ node, parent: parent.id, output, timeoutMs, signal })
    return signalled ?? code
  } finally {
    stopListening()
    await node.close()
  }
}

function visitOptions(given: Given): Omit<BusNodeOptions, 'parent'> {
  const from = given.get('id')?.from ?? ''
  const id = given.read('id', (text) => readNodeId(text, from), 'an id') ?? visitorId()
  return { ...sharedOptions(given), id, firstConnection: 'give_up' }
}

/** The top 16 bits set: no node that stays has such an id. */
function visitorId(): bigint {
  return 0xffff_0000_0000_0000n | BigInt(`0x${randomBytes(6).toString('hex')}`)
}

async function join(
  given: Given,
  options: Omit<BusNodeOptions, 'parent'>,
  timeoutMs: number,
): Promise<BusNode> {
  const parents = given.texts('parent')
  if (parents.length === 0) throw new UsageError('--parent (or TREEBUS_PARENT) is missing')
  const failures: string[] = []
  for (const parent of parents) {
    try {
      return await within(timeoutMs, BusNode.start({ ...options, parent }), parent)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      if (exitCodeOf(error.code) === EXIT.usage) throw inWordsOfUser(error, given)
      failures.push(`${parent}: ${reasonOf(error, parent)}`)
    }
  }
  throw new UnreachableError(`cannot join ${failures.join('; ')}`)
}

/** What the node says of its parent, which is named already. */
function reasonOf({ code, message }: BusError, parent: string): string {
  const said = message.replace(`${code}: the parent: `, `${code}: `)
  return said.replace(`${code}: ${code}: ${parent}: `, `${code}: `)
}

/** A node that comes after its time is closed again. */
async function within(limitMs: number, starting: Promise<BusNode>, at: string): Promise<BusNode> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      starting.then((node) => node.close({ timeoutMs: 0 })).catch(() => {})
      reject(new BusError('TIMEOUT', at))
    }, limitMs)
  })
  try {
    return await Promise.race([starting, late])
  } finally {
    clearTimeout(timer)
  }
}
