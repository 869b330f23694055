// A node of which a benchmark sees the core: its routing table, its links' carriers, its events.

import { DEFAULT_CONNECTION_LIMITS } from '../../src/channel/channel.js'
import type { CoreEvent, Effect, Input, Port } from '../../src/core/effects.js'
import { NodeCore } from '../../src/core/node-core.js'
import { Clock } from '../../src/node/clock.js'
import { Driver } from '../../src/node/driver.js'
import { Entropy } from '../../src/node/entropy.js'
import { resolveOptions } from '../../src/node/options.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import type { RoleOptions } from '../role.js'

const DIAL_TIMEOUT_MS = 5_000

class OpenCore extends NodeCore {
  /** Of the last connection that was dialled. */
  port: Port | undefined

  override handle(nowMs: number, input: Input): readonly Effect[] {
    if (input.kind === 'dialled') this.port = input.port
    return super.handle(nowMs, input)
  }
}

export class RoutesNode {
  readonly core: OpenCore
  readonly driver: Driver
  /** The connection has room again. */
  onWritable: () => void = () => undefined

  private constructor(options: RoleOptions, onEvent: (event: CoreEvent) => void) {
    const { dial, id = 1, records = 0 } = options
    const resolved = resolveOptions({ id, ...(dial === undefined ? {} : { parent: dial }) })
    // The nodes that announce and hold the records are records themselves.
    const limits = { ...resolved.core.limits, routeRecordsMax: records + 1_000 }
    const entropy = new Entropy()
    const random = (bytes: number) => entropy.take(bytes)
    const ambient = { primitives: nodePrimitives, random, wallMs: () => Date.now() }
    const refuse = (): void => {
      throw new Error('a benchmark of routes sends no messages')
    }
    this.core = new OpenCore({ ...resolved.core, limits }, ambient, {
      message: refuse,
      answer: refuse,
    })
    const clock = new Clock(() => this.driver.step({ kind: 'tick' }))
    this.driver = new Driver({
      core: this.core,
      clock,
      limits: { ...DEFAULT_CONNECTION_LIMITS, sendBufferBytesMax: resolved.sendBufferBytesMax },
      dialTimeoutMs: DIAL_TIMEOUT_MS,
      onEvent,
      onWritable: () => this.onWritable(),
      nextDeadlineMs: () => Number.POSITIVE_INFINITY,
      onReadEnded: () => undefined,
      onStep: () => undefined,
    })
  }

  static async start(
    options: RoleOptions,
    onEvent: (event: CoreEvent) => void,
  ): Promise<RoutesNode> {
    const node = new RoutesNode(options, onEvent)
    if (options.listen !== undefined) await node.driver.listen(options.listen)
    node.driver.step({ kind: 'start' })
    return node
  }
}
