// Another process and its connections over shared memory, for the rows that measure them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Connection, Listener } from '../../src/channel/channel.js'
import { RingChannel } from '../../src/channel/ring-channel.js'
import { OPTIONS, temporaryDirectory } from '../channel/_harness.js'
import { PatternEnd } from '../process/_pattern.js'
import type { RingTask } from '../process/_ring-program.js'

const PROGRAM = fileURLToPath(new URL('../process/_ring-program.js', import.meta.url))

// Little is staged: what the collector has not taken back yet would hide a leak.
const LIMITS = { ...OPTIONS, sendBufferBytesMax: 1024 * 1024 }

export interface AcceptedRing {
  readonly connection: Connection
  readonly end: PatternEnd
}

export class RingPeer {
  readonly accepted: AcceptedRing[] = []
  readonly #child: ChildProcess
  readonly #listener: Listener

  private constructor(task: RingTask, listener: Listener) {
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: 'inherit' })
    this.#listener = listener
  }

  static async start(kind: RingTask['kind'], connections: number): Promise<RingPeer> {
    const directory = temporaryDirectory()
    const address = `ring://${join(directory.path, 'ring')}`
    const accepted: AcceptedRing[] = []
    let arrived = () => {}
    const all = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const accept = (connection: Connection) => {
      const end = new PatternEnd(connection)
      accepted.push({ connection, end })
      if (accepted.length === connections) arrived()
      return end
    }
    const listener = await new RingChannel().listen(address, accept, LIMITS)
    const peer = new RingPeer({ kind, address, connections }, listener)
    await all
    directory.remove()
    peer.accepted.push(...accepted)
    return peer
  }

  /** Null while it runs. */
  get exitCode(): number | null {
    return this.#child.exitCode
  }

  async end(): Promise<void> {
    const exit = this.exitCode === null ? once(this.#child, 'exit') : undefined
    this.#child.kill('SIGKILL')
    await exit
    await Promise.all(this.accepted.map(({ end }) => end.whenClosed))
    await this.#listener.close()
  }
}
