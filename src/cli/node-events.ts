// Prints what a node tells, from its start on.

import {
  type BusErrorCode,
  type BusMessage,
  BusNode,
  type BusNodeEvents,
  type BusNodeOptions,
  type CommandEvent,
  formatId,
  type Undelivered,
} from '../index.js'
import type { Output } from './output.js'
import type { FailureRow } from './output-event.js'
import { contentOf } from './printable.js'
import { argumentsOf, linkRow, routeDownRow, routeRow } from './rows.js'

/** Requests whose echo waits for room; who asks more gets no answer in time. */
const ECHOES_MAX = 1_024

type Refusal = BusNodeEvents['refused'][0]
type DialFailure = BusNodeEvents['dial_failed'][0]

export interface TellingRules {
  /** Requests and commands are answered with what they carry. */
  readonly echo: boolean
  /** Every change of the routing table is told. */
  readonly routes: boolean
}

/** Starts a node and prints its events: `ready` first, whatever came while it started after it. */
export async function startTelling(
  options: BusNodeOptions,
  output: Output,
  rules: TellingRules,
): Promise<BusNode> {
  output.hold()
  const node = await BusNode.start(options, (starting) => {
    tellEvents(starting, output)
    if (rules.routes) tellRoutes(starting, output)
    answerQuestions(starting, output, rules.echo)
  })
  output.release(() => tellReady(node, output))
  return node
}

function tellReady(node: BusNode, output: Output): void {
  const parent = node.peers().find(({ role }) => role === 'parent')
  output.tell('ready', {
    id: formatId(node.id),
    state: node.state,
    listen: node.addresses,
    parent: parent === undefined ? null : formatId(parent.id),
    pid: process.pid,
  })
}

function tellEvents(node: BusNode, output: Output): void {
  node
    .on('state', (state) => output.tell('state', { state }))
    .on('link_up', (link) => output.tell('link_up', linkRow(link)))
    .on('link_path', (link) => output.tell('link_path', linkRow(link)))
    .on('link_down', ({ link, reason, code }) => {
      const row = { ...linkRow(link), reason }
      output.tell('link_down', code === undefined ? row : { ...row, code: reasonOf(code) })
    })
    .on('undelivered', (failure) => output.tell('failure', undeliveredRow(failure)))
    .on('refused', (refusal) => tellRefusal(output, refusal))
    .on('dial_failed', (failure) => tellDialFailure(output, failure))
    .on('parent_changed', ({ previous, parent }) =>
      output.tell('parent_changed', {
        previous: previous === 0n ? null : formatId(previous),
        parent: formatId(parent),
      }),
    )
    .on('closed', () => output.tell('closed', { id: formatId(node.id) }))
}

function tellRoutes(node: BusNode, output: Output): void {
  node
    .on('route_up', (route) => output.tell('route_up', routeRow(route)))
    .on('route_changed', (route) => output.tell('route_changed', routeRow(route)))
    .on('route_down', (down) => output.tell('route_down', routeDownRow(down)))
    .on('route_reset', () => output.tell('route_reset', {}))
}

function tellRefusal(output: Output, { id, by, code, wireCode, address }: Refusal): void {
  const reason = reasonOf(code)
  output.tell('refused', { id: formatId(id), by, reason, code: wireCode, address })
}

function tellDialFailure(output: Output, { address, detail }: DialFailure): void {
  output.tell('dial_failed', { address, detail })
}

export function undeliveredRow({ to, code, wireCode, by, sequence }: Undelivered): FailureRow {
  return {
    id: formatId(to),
    reason: reasonOf(code),
    code: wireCode,
    by: formatId(by),
    sequence: String(sequence),
  }
}

function reasonOf(code: BusErrorCode): string {
  return code.toLowerCase()
}

function answerQuestions(node: BusNode, output: Output, echo: boolean): void {
  const waiting: BusMessage[] = []
  const answer = (message: BusMessage): boolean => message.reply(message.payload) !== 'full'
  node.on('writable', () => {
    while (waiting.length > 0 && answer(waiting[0]!)) waiting.shift()
  })
  node.on('message', (message) => {
    const row = { from: formatId(message.from), type: message.type, ...contentOf(message.payload) }
    if (!message.isRequest) {
      output.tell('message', row)
      return
    }
    output.tell('request', { ...row, answer: echo ? 'echoed' : 'refused' })
    if (!echo) message.refuse('this node answers no requests (see --echo)')
    else if (waiting.length > 0 || !answer(message)) {
      if (waiting.length < ECHOES_MAX) waiting.push(message)
    }
  })
  node.on('command', (command) => answerCommand(command, output, echo))
}

function answerCommand(command: CommandEvent, output: Output, echo: boolean): void {
  output.tell('command', { from: formatId(command.from), ...argumentsOf(command.args) })
  if (echo) command.reply(command.args)
}
