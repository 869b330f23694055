// The events that a running command prints: the same objects as JSON and as lines for people.

import type {
  DownReason,
  LinkDownReason,
  LinkInfo,
  LinkRole,
  NodeState,
  RemovalReason,
  RouteDownReason,
} from '../index.js'
import { renderService, type ServiceRow } from './directory-rows.js'
import { type Content, escaped } from './printable.js'

/** Of a command: texts, or hex where any of the arguments is not text. */
export type Arguments =
  | { readonly args: readonly string[] }
  | { readonly argsHex: readonly string[] }

/** Names the line of stdin, counted from 1, that an event answers. */
interface Answering {
  readonly line?: number
}

export interface PeerRow {
  readonly id: string
  readonly role: LinkRole
  readonly channel: string
  readonly plain: boolean
  readonly encrypted: boolean
  readonly address: string
  readonly roundTripMs?: number
}

export interface LinkRow {
  readonly id: string
  readonly role: LinkRole
  readonly channel: LinkInfo['channel']
  readonly plain: boolean
  readonly encrypted: boolean
  readonly address: string
  readonly pid: number
}

export interface RouteRow {
  readonly id: string
  /** The neighbour on the way, and what it is to this node. */
  readonly via: string
  readonly role: LinkRole
  readonly hops: number
  /** Null where it is not known, and for a root. */
  readonly parent: string | null
  readonly stale: boolean
}

export interface RouteDownRow {
  readonly id: string
  readonly reason: RouteDownReason
}

export interface TreeNodeRow {
  readonly id: string
  readonly parent: string | null
  /** 0 for what stands at the top of what is known. */
  readonly depth: number
  readonly stale: boolean
  /** The node that was asked. */
  readonly visited: boolean
}

export interface ReadyRow {
  readonly id: string
  readonly state: NodeState
  readonly listen: readonly string[]
  /** Null for a root, and as long as the parent is not there. */
  readonly parent: string | null
  readonly pid: number
}

/**
 * `id` is always the other node that an event is about; with `ready`, `leaving` and `closed`, this
 * one.
 */
export interface FailureRow extends Answering {
  readonly id: string
  /** Our error code in lower case. */
  readonly reason: string
  /** The number on the wire. */
  readonly code: number
  /** The node where it failed, where that is known. */
  readonly by?: string
  readonly sequence?: string
}

export interface EventRows {
  ready: ReadyRow
  state: { readonly state: NodeState }
  link_up: LinkRow
  link_path: LinkRow
  link_down: LinkRow & { readonly reason: LinkDownReason; readonly code?: string }
  message: { readonly from: string; readonly type: number } & Content
  request: { readonly from: string; readonly type: number; readonly answer: string } & Content
  reply: { readonly from: string; readonly type: number; readonly ms: number } & Content & Answering
  delivered: { readonly id: string; readonly ms: number } & Answering
  failure: FailureRow
  command: { readonly from: string } & Arguments
  command_reply: { readonly from: string; readonly ms: number } & Arguments & Answering
  refused: {
    readonly id: string
    readonly by: 'us' | 'peer'
    readonly reason: string
    readonly code: number
    readonly address: string
  }
  dial_failed: { readonly address: string; readonly detail: string }
  parent_changed: { readonly previous: string | null; readonly parent: string }
  pong: { readonly id: string; readonly ms: number } & Answering
  peers: { readonly id: string; readonly peers: readonly PeerRow[] } & Answering
  counters: { readonly counters: Readonly<Record<string, number>> } & Answering
  route: RouteRow
  route_up: RouteRow
  route_changed: RouteRow
  route_down: RouteDownRow
  /** Too much changed at once to tell one by one. */
  route_reset: Readonly<Record<never, never>>
  routes: { readonly id: string; readonly routes: readonly RouteRow[] } & Answering
  tree_node: TreeNodeRow
  service: ServiceRow & { readonly answersInMs: number | null }
  service_up: ServiceRow
  service_changed: ServiceRow
  service_down: ServiceRow & { readonly reason: DownReason }
  list: { readonly state: 'whole' | 'stale'; readonly members: number }
  registered: { readonly registry: string }
  registration_refused: {
    readonly node: string
    /** Null where it was refused before it was sent. */
    readonly registry: string | null
    /** Who holds what clashes. */
    readonly holder: string | null
    readonly code: number
    readonly what: string
    readonly says: string
  }
  duplicate_registry: { readonly registry: string; readonly address: string }
  member_joined: { readonly id: string; readonly incarnation: string }
  member_left: {
    readonly id: string
    readonly incarnation: string
    readonly reason: RemovalReason
  }
  protecting: { readonly on: boolean }
  registry_peer: { readonly id: string; readonly status: 'up' | 'lost' | 'gone' }
  retired: { readonly id: string }
  help: { readonly verbs: readonly string[] } & Answering
  error: { readonly detail: string } & Answering
  /** Asked to end: no more lines are taken, and what is open has time until --drain-timeout. */
  leaving: { readonly id: string }
  closed: { readonly id: string }
  summary: { readonly summary: Readonly<Record<string, number>> }
}

export type EventName = keyof EventRows

type Renderers = { readonly [E in EventName]: (row: EventRows[E]) => string }

/** What follows the event's name on its line. */
export const RENDERERS: Renderers = {
  ready: ({ id, state, listen, parent, pid }) =>
    `${id} ${state}, listens on ${listen.join(' ') || 'nothing'}, \
${parent === null ? 'no parent' : `parent ${parent}`}, pid ${pid}`,
  state: ({ state }) => state,
  link_up: renderLink,
  link_path: renderLink,
  link_down: (row) =>
    `${renderLink(row)}: ${row.reason}${row.code === undefined ? '' : ` (${row.code})`}`,
  message: (row) => `${row.from} type ${row.type}: ${renderContent(row)}`,
  request: (row) => `${row.from} type ${row.type} (${row.answer}): ${renderContent(row)}`,
  reply: (row) => `${row.from} after ${milliseconds(row.ms)}: ${renderContent(row)}`,
  delivered: ({ id, ms }) => `${id} after ${milliseconds(ms)}`,
  failure: ({ id, reason, code, by, sequence }) =>
    `${id}: ${reason} (${code})${by === undefined ? '' : ` at ${by}`}\
${sequence === undefined ? '' : `, sequence ${sequence}`}`,
  command: (row) => `${row.from}: ${renderArguments(row)}`,
  command_reply: (row) => `${row.from} after ${milliseconds(row.ms)}: ${renderArguments(row)}`,
  refused: ({ id, by, reason, code, address }) =>
    `${by === 'us' ? 'by us' : 'by the peer'}: ${id} at ${address}: ${reason} (${code})`,
  dial_failed: ({ detail }) => detail,
  parent_changed: ({ previous, parent }) => `${previous ?? 'none'} to ${parent}`,
  pong: ({ id, ms }) => `${id} after ${milliseconds(ms)}`,
  peers: ({ id, peers }) => `${id} has ${peers.length}: ${peers.map(renderPeer).join('; ')}`,
  counters: ({ counters }) => renderNumbers(counters),
  route: renderRoute,
  route_up: renderRoute,
  route_changed: renderRoute,
  route_down: ({ id, reason }) => `${id}: ${reason}`,
  route_reset: () => 'more changed than is told one by one',
  routes: ({ id, routes }) => `${id} knows ${routes.length}: ${routes.map(renderRoute).join('; ')}`,
  tree_node: ({ id, parent, depth }) => `${id} below ${parent ?? 'nothing known'}, depth ${depth}`,
  service: renderService,
  service_up: renderService,
  service_changed: renderService,
  service_down: (row) => `${renderService(row)}: ${row.reason}`,
  list: ({ state, members }) => `${state}, ${members} nodes`,
  registered: ({ registry }) => `at ${registry}`,
  registration_refused: ({ node, registry, holder, code, what, says }) =>
    `${node} by ${registry ?? 'us'}: ${what} ${says} (${code})\
${holder === null ? '' : `, held by ${holder}`}`,
  duplicate_registry: ({ registry, address }) => `${address} leads to ${registry} as well`,
  member_joined: ({ id }) => id,
  member_left: ({ id, reason }) => `${id}: ${reason}`,
  protecting: ({ on }) => (on ? 'too few renew: nobody is evicted' : 'no more'),
  registry_peer: ({ id, status }) => `${id}: ${status}`,
  retired: ({ id }) => id,
  help: ({ verbs }) => verbs.join(' | '),
  error: ({ line, detail }) => (line === undefined ? detail : `line ${line}: ${detail}`),
  leaving: ({ id }) => id,
  closed: ({ id }) => id,
  summary: ({ summary }) => renderNumbers(summary),
}

function renderLink({ id, role, channel, plain, encrypted, address, pid }: LinkRow): string {
  const kind = `${plain ? 'plain' : 'treebus'}, ${encrypted ? 'encrypted' : 'in clear'}`
  return `${id} ${role} over ${channel} ${address} (${kind}, pid ${pid})`
}

function renderPeer({ id, role, channel, encrypted }: PeerRow): string {
  return `${id} ${role} over ${channel}${encrypted ? ' encrypted' : ''}`
}

function renderRoute({ id, via, role, hops, parent, stale }: RouteRow): string {
  const below = parent === null ? '' : `, below ${parent}`
  return `${id} via ${role} ${via}, ${hops} hops${below}${stale ? ', stale' : ''}`
}

function renderContent(content: Content): string {
  return 'text' in content ? content.text : `hex ${content.hex}`
}

function renderArguments(row: Arguments): string {
  return 'args' in row ? row.args.join(' ') : `hex ${row.argsHex.join(' ')}`
}

function renderNumbers(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(3)} ms`
}

const NAME_COLUMNS = 15

/** The whole line for people, without its end. */
export function renderLine<E extends EventName>(event: E, row: EventRows[E]): string {
  return escaped(`${event.padEnd(NAME_COLUMNS)}${RENDERERS[event](row)}`.trimEnd())
}
