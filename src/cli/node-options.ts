// From what the user gave to the options of a node.

import { readFileSync, statSync } from 'node:fs'
import { BusError, type BusNodeOptions, type TopologyEntry } from '../index.js'
import { EXIT, exitCodeOf, readId, readNodeId, UsageError } from './exit-code.js'
import type { Given } from './given.js'
import { parseCount, parseDuration, parseSize } from './quantities.js'
import {
  CIPHER_CHOICES,
  COMPRESSION_CHOICES,
  CURVE_CHOICES,
  ENCRYPTION_CHOICES,
  FIRST_CONNECTION_CHOICES,
  PLAIN_PEER_CHOICES,
  RUN_SETTINGS,
  type SettingName,
  settingOf,
} from './settings.js'

const TOKEN_FILE_BYTES_MAX = 65_536
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SEND_BUFFER_BYTES_MIN = 8 * 1024 * 1024
const MESSAGES_BUFFERED = 4
const SEND_BUFFER_BYTES_MAX = 2 ** 31

/** A node says of these which address is wrong, and not in which option. */
const ADDRESS_SETTINGS: readonly SettingName[] = ['listen', 'parent', 'registry']

const DURATION = 'a duration (8s, 500ms, or a number of milliseconds)'
const SIZE = 'a size (2MiB, 64KiB, or a number of bytes)'

/** Everything but id and addresses, which differ between a node that stays and one that visits. */
export function sharedOptions(given: Given): Omit<BusNodeOptions, 'id'> {
  const messageBytesMax = given.read('maxMessageSize', parseSize, SIZE)
  const clockSkewMs = duration(given, 'clockSkew')
  return present({
    tokens: tokensOf(given),
    keyExchange: given.choice('keyExchange', CURVE_CHOICES),
    ciphers: given.choices('cipher', CIPHER_CHOICES),
    encryption: given.choice('encryption', ENCRYPTION_CHOICES),
    plainPeers: given.choice('plainPeers', PLAIN_PEER_CHOICES),
    clockSkewSeconds: clockSkewMs === undefined ? undefined : clockSkewMs / 1_000,
    compression: compressionOf(given),
    messageBytesMax,
    sendBufferBytesMax:
      given.read('sendBufferSize', parseSize, SIZE) ?? sendBufferFor(messageBytesMax),
  })
}

/** For a node that stays. */
export function runOptions(given: Given): BusNodeOptions {
  const id = given.read('id', (text) => readNodeId(text, given.get('id')?.from ?? ''), 'an id')
  if (id === undefined) throw new UsageError('--id is missing: every node needs an id of its own')
  const firstConnection = given.choice('firstConnection', FIRST_CONNECTION_CHOICES)
  const parent = given.texts('parent')
  if (firstConnection === 'give-up' && parent.length === 0) {
    throw new UsageError('--first-connection give-up: there is no --parent to connect to')
  }
  return {
    ...sharedOptions(given),
    ...present({
      pingIntervalMs: duration(given, 'pingInterval'),
      keyRefreshMs: duration(given, 'keyRefresh'),
      ttl: given.read('ttl', parseCount, 'a whole number'),
    }),
    id,
    listen: given.texts('listen'),
    parent,
    topology: topologyOf(given),
    allowOpenListener: given.isOn('allowOpenListener'),
    firstConnection: firstConnection === 'give-up' ? 'give_up' : 'retry',
  }
}

export function duration(
  given: Given,
  name: 'clockSkew' | 'pingInterval' | 'keyRefresh' | 'drainTimeout' | 'warmUp',
): number | undefined {
  return given.read(name, parseDuration, DURATION)
}

/** What is allowed but is seldom meant. */
export function doubtsAbout(given: Given): string[] {
  const isKeyed = (given.choice('keyExchange', CURVE_CHOICES) ?? 'none') !== 'none'
  const hasService = given.get('service') !== undefined
  return [
    ...doubt(given, 'cipher', isKeyed, '--key-exchange: links stay in clear'),
    ...doubt(given, 'weight', hasService, '--service: nothing is offered'),
    ...doubt(given, 'metadata', hasService, '--service: nothing is offered'),
  ]
}

function doubt(given: Given, name: SettingName, isUsed: boolean, without: string): string[] {
  const source = given.get(name)
  return source === undefined || isUsed ? [] : [`${source.from} has no effect without ${without}`]
}

/**
 * A node speaks of its options, the user of flags: the complaint is given the name that the user
 * knows. Other errors pass through.
 */
export function inWordsOfUser(error: unknown, given: Given): unknown {
  if (!(error instanceof BusError) || exitCodeOf(error.code) !== EXIT.usage) return error
  const detail = error.message.slice(error.code.length + 2)
  for (const name of RUN_SETTINGS) {
    const { option } = settingOf(name)
    const source = given.get(name)
    if (option === undefined || source === undefined) continue
    if (!detail.startsWith(`${option}:`)) continue
    return new UsageError(`${error.code}: ${source.from} ${source.texts.join(',')}: ${detail}`)
  }
  for (const name of ADDRESS_SETTINGS) {
    const source = given.get(name)
    const isMeant = source?.texts.some((text) => detail.startsWith(`${text}:`))
    if (isMeant) return new UsageError(`${error.code}: ${source?.from} ${detail}`)
  }
  return new UsageError(error.message.replace('allowOpenListener', '--allow-open-listener'))
}

function tokensOf(given: Given): (string | Uint8Array)[] | undefined {
  const files = given.get('tokenFile')
  const tokens = [
    ...given.texts('token'),
    ...(files?.texts ?? []).map((path) => readToken(path, files?.from ?? '')),
  ]
  return tokens.length === 0 ? undefined : tokens
}

/** Bytes as they are: a secret need not be text. */
function readToken(path: string, from: string): Uint8Array {
  let content: Uint8Array
  try {
    if (statSync(path).size > TOKEN_FILE_BYTES_MAX) throw new Error('larger than 64 KiB')
    content = readFileSync(path)
  } catch (error) {
    throw new UsageError(`${from} ${path}: ${(error as Error).message}`)
  }
  const token = withoutLineEnd(content)
  if (token.length === 0) throw new UsageError(`${from} ${path}: the file holds no token`)
  return token
}

function withoutLineEnd(content: Uint8Array): Uint8Array {
  let end = content.length
  if (content[end - 1] === LINE_FEED) end--
  if (end < content.length && content[end - 1] === CARRIAGE_RETURN) end--
  return content.subarray(0, end)
}

function compressionOf(given: Given): BusNodeOptions['compression'] {
  const names = given.choices('compression', COMPRESSION_CHOICES)
  if (names === undefined) return undefined
  const used = names.filter((name) => name !== 'none')
  if (used.length < names.length && names.length > 1) {
    const from = given.get('compression')?.from
    throw new UsageError(`${from} ${names.join(',')}: none goes with no other`)
  }
  return used
}

function sendBufferFor(messageBytesMax: number | undefined): number | undefined {
  if (messageBytesMax === undefined) return undefined
  const wanted = Math.max(SEND_BUFFER_BYTES_MIN, MESSAGES_BUFFERED * messageBytesMax)
  return Math.min(SEND_BUFFER_BYTES_MAX, wanted)
}

function topologyOf(given: Given): TopologyEntry[] {
  const value = given.get('topology')
  const from = value?.from ?? ''
  const parents = new Map<bigint, bigint>()
  for (const text of value?.texts ?? []) {
    const [id = '', parent = '', ...rest] = text.split('=')
    if (rest.length > 0 || id === '' || parent === '') {
      throw new UsageError(`${from} ${text}: expected ID=PARENT`)
    }
    const child = readNodeId(id, from)
    parents.set(child, readId(parent, from))
    // The node would leave such an entry out, and say nothing.
    if (isCircle(parents, child)) throw new UsageError(`${from} ${text}: closes a circle`)
  }
  return [...parents].map(([id, parent]) => ({ id, parent }))
}

function isCircle(parents: ReadonlyMap<bigint, bigint>, start: bigint): boolean {
  for (let id = parents.get(start); id !== undefined; id = parents.get(id)) {
    if (id === start) return true
  }
  return false
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what was not given: an option that is there must have a value. */
export function present<T extends object>(fields: T): Present<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Present<T>
}
