// Custom commands: they end at the next hop, which executes them (spec D.3, D.6).

import { BUS_ERRORS, type BusErrorCode } from '../errors.js'
import { type CommandData, encodeControlBody } from '../wire/control.js'
import { OutgoingHead, sourceField } from '../wire/head-writer.js'
import { highHalf, lowHalf } from './bus-id.js'
import { PROTOCOL_VERSION_MIN } from './config.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { CommandCall } from './effects.js'
import type { Links } from './links.js'
import type { NextHop } from './next-hop.js'
import type { Registrar } from './registrar.js'

/** The words that C++ sends with a refusal (spec A.9, D.6). */
const DENIED_VERSION = 'Access Deny - Unsupported Version'
const DENIED_TOKEN = 'Access Deny - Invalid Token'

export class Commands {
  readonly #state: CoreState
  readonly #links: Links
  readonly #nextHop: NextHop
  readonly #registrar: Registrar

  constructor(state: CoreState, links: Links, nextHop: NextHop, registrar: Registrar) {
    this.#state = state
    this.#links = links
    this.#nextHop = nextHop
    this.#registrar = registrar
  }

  send(to: bigint, sequence: bigint, args: readonly Uint8Array[]): void {
    const { config } = this.#state
    if (to === config.id) {
      const call = { connection: 0, from: config.id, sequence, type: 0 }
      this.#state.tell({ kind: 'command', call, args })
      return
    }
    const link = this.#nextHop.find(highHalf(to), lowHalf(to))
    if (link === undefined) {
      this.#state.tell({ kind: 'command_failed', sequence, code: 'NO_ROUTE' })
      return
    }
    this.#write(link.usePath(), 'command_req', { sequence, type: 0, resultCode: 0 }, args)
  }

  /** The user's answer to a command; without an open connection there is nobody to tell. */
  reply(call: CommandCall, args: readonly Uint8Array[]): void {
    const { connections, config, counters } = this.#state
    if (call.connection === 0 && call.from === config.id) {
      const { sequence } = call
      this.#state.tell({ kind: 'command_reply', from: config.id, sequence, args })
      return
    }
    const connection = connections.get(call.connection)
    if (connection?.isOpen !== true) {
      counters.answersLost++
      return
    }
    const { sequence, type } = call
    this.#write(connection, 'command_rsp', { sequence, type, resultCode: 0 }, args)
  }

  requested(
    connection: Connection,
    head: { readonly version: number; readonly type: number; readonly sequence: bigint },
    command: CommandData,
  ): void {
    const fault = this.#check(connection, head, command)
    if (fault !== undefined) {
      this.#refuse(connection, head, fault)
      return
    }
    this.#links.good(connection)
    // The answer goes by the connection that stays.
    const { control } = connection.link ?? {}
    const { number } = connection.yields && control ? control : connection
    const { sequence, type } = head
    const call = { connection: number, from: command.from, sequence, type }
    this.#state.tell({ kind: 'command', call, args: command.args })
  }

  #check(
    connection: Connection,
    { sequence, version }: { readonly sequence: bigint; readonly version: number },
    command: CommandData,
  ): BusErrorCode | undefined {
    if (version < PROTOCOL_VERSION_MIN) return 'BAD_VERSION'
    // Who runs the command is known: nobody may speak for another.
    const from = connection.link?.peer.id ?? 0n
    if (command.from !== from) {
      this.#state.counters.badSenders++
      return 'BAD_SENDER'
    }
    return this.#registrar.checkCommand(connection, sequence, command)
  }

  answered(connection: Connection, sequence: bigint, command: CommandData): void {
    this.#links.good(connection)
    const from = connection.link?.peer.id ?? command.from
    this.#state.tell({ kind: 'command_reply', from, sequence, args: command.args })
  }

  #refuse(
    connection: Connection,
    head: { readonly type: number; readonly sequence: bigint },
    code: BusErrorCode,
  ): void {
    const text = code === 'BAD_VERSION' ? DENIED_VERSION : DENIED_TOKEN
    const args = [new TextEncoder().encode(text)]
    const { sequence, type } = head
    const resultCode = BUS_ERRORS[code].wire
    this.#write(connection, 'command_rsp', { sequence, type, resultCode }, args)
    this.#links.fault(connection, code)
  }

  #write(
    connection: Connection,
    kind: 'command_req' | 'command_rsp',
    head: { sequence: bigint; type: number; resultCode: number },
    args: readonly Uint8Array[],
  ): void {
    const { config } = this.#state
    const command = this.#sign(connection, kind, head.sequence, args)
    const body = encodeControlBody({ kind, command })
    const fields = new OutgoingHead()
    fields.type = head.type
    fields.resultCode = head.resultCode
    fields.sequenceHi = highHalf(head.sequence)
    fields.sequenceLo = lowHalf(head.sequence)
    fields.source = sourceField(highHalf(config.id), lowHalf(config.id))
    const frame = connection.session.seal(fields, body)
    this.#state.emit({ kind: 'send', connection: connection.number, frame })
  }

  #sign(
    connection: Connection,
    kind: 'command_req' | 'command_rsp',
    sequence: bigint,
    args: readonly Uint8Array[],
  ): CommandData {
    const { config, tokens } = this.#state
    if (kind === 'command_rsp') return this.#registrar.signReply(args)
    if (tokens.length === 0) return { from: config.id, args }
    return this.#registrar.signCommand(connection, sequence, args)
  }
}
