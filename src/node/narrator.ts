// Tells the core's events to those they concern: the user, open calls, the logger, tracing tools.

import type { EventEmitter } from 'node:events'
import { formatId } from '../core/bus-id.js'
import type { CoreEvent, Input } from '../core/effects.js'
import { BusError, unreachable } from '../errors.js'
import type { Calls } from './calls.js'
import { answerCommand } from './command-answer.js'
import { linkChannel } from './diagnostics.js'
import type { BusNodeEvents } from './events.js'
import type { BusLogger } from './logger.js'

export interface NarratorOptions {
  readonly id: bigint
  readonly node: EventEmitter<BusNodeEvents>
  readonly calls: Calls
  readonly logger: BusLogger | undefined
  /** Runs handlers of the user's so that what they throw does no harm here. */
  readonly emit: (emit: () => boolean) => void
  readonly step: (input: Input) => void
  /** The first attempt to reach the parent has ended; with an error where it was the last. */
  readonly attempted: (error: BusError | undefined) => void
  /** A neighbour may have been the last that a closing node waits for. */
  readonly drained: () => void
}

export class Narrator {
  readonly #options: NarratorOptions

  constructor(options: NarratorOptions) {
    this.#options = options
  }

  tell(event: CoreEvent): void {
    const { attempted, calls, drained, emit, node } = this.#options
    switch (event.kind) {
      case 'state':
        if (event.state === 'running') attempted(undefined)
        emit(() => node.emit('state', event.state))
        return
      case 'link_up':
        this.#linkUp(event)
        return
      case 'link_path':
        this.#linkPath(event)
        return
      case 'link_leaving':
        emit(() => node.emit('link_leaving', event.link))
        return
      case 'link_down':
        this.#linkDown(event)
        return
      case 'refused':
        this.#log('warn', 'registration refused', event)
        emit(() => node.emit('refused', event))
        attempted(undefined)
        return
      case 'dial_failed':
        this.#log('debug', 'cannot connect', event)
        emit(() => node.emit('dial_failed', event))
        attempted(undefined)
        return
      case 'parent_changed':
        emit(() => node.emit('parent_changed', event))
        return
      case 'command':
        this.#command(event)
        return
      case 'command_reply':
        calls.commandAnswered(event.sequence, event.from, event.args)
        return
      case 'command_failed':
        calls.commandFailed(event.sequence, event.code)
        return
      case 'pong':
        emit(() => node.emit('pong', event))
        drained()
        return
      case 'gave_up':
        emit(() => node.emit('gave_up', event))
        attempted(new BusError(event.code, `the parent: ${event.detail}`))
        return
      default:
        unreachable(event)
    }
  }

  #linkUp({ link }: Extract<CoreEvent, { kind: 'link_up' }>): void {
    const { emit, id, node } = this.#options
    this.#log('info', 'link up', link)
    linkChannel.publish({ node: id, event: 'up', link })
    emit(() => node.emit('link_up', link))
  }

  #linkPath({ link }: Extract<CoreEvent, { kind: 'link_path' }>): void {
    const { emit, id, node } = this.#options
    this.#log('debug', 'link goes by another channel', link)
    linkChannel.publish({ node: id, event: 'path', link })
    emit(() => node.emit('link_path', link))
  }

  #linkDown(event: Extract<CoreEvent, { kind: 'link_down' }>): void {
    const { calls, drained, emit, id, node } = this.#options
    const { link, reason } = event
    this.#log('info', 'link down', event)
    linkChannel.publish({ node: id, event: 'down', link, reason })
    calls.failVia(link.number)
    emit(() => node.emit('link_down', event))
    drained()
  }

  #command(event: Extract<CoreEvent, { kind: 'command' }>): void {
    const { emit, node, step } = this.#options
    answerCommand(event, {
      tell: (command) => emit(() => node.emit('command', command)),
      reply: (args) => step({ kind: 'command_reply', call: event.call, args }),
    })
  }

  #log(level: keyof BusLogger, message: string, fields: object): void {
    const { emit, id, logger } = this.#options
    if (logger === undefined) return
    emit(() => {
      logger[level]({ node: formatId(id), ...fields }, `treebus: ${message}`)
      return true
    })
  }
}
