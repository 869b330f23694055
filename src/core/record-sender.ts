// Sends records: one by one, or many with one claim of the carrier's memory.

import { OutgoingData, type SelfId } from '../wire/data-codec.js'
import { RecordRun, RecordWriter, RUN_BYTES_MAX } from '../wire/data-record.js'
import { EXTENSION } from '../wire/extension.js'
import type { Outlet } from '../wire/outlet.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import { numberFrom, numberOf } from './message-number.js'

export class RecordSender {
  readonly #state: CoreState
  readonly #writer = new RecordWriter()
  /** Of the last that `sendMany` sent. */
  lastSequence = 0
  readonly #run = new RecordRun()
  readonly #bundle = new OutgoingData()
  readonly #scratch = new ScratchOutlet()

  constructor(state: CoreState) {
    this.#state = state
    this.#bundle.extensionKind = EXTENSION.BUNDLE
  }

  write(outlet: Outlet, message: OutgoingData): 'ok' | 'full' | 'closed' {
    return this.#writer.write(outlet, message)
  }

  writeRouted(outlet: Outlet, self: SelfId, message: OutgoingData): 'ok' | 'full' | 'closed' {
    return this.#writer.writeRouted(outlet, self, message)
  }

  /**
   * Plain messages for the neighbour itself. Numbers them and returns how many were sent, from the
   * first on; whether the next has room is for who sends it alone.
   */
  sendMany(
    { port, session }: Connection,
    message: OutgoingData,
    contents: readonly Uint8Array[],
    seal: (bundle: OutgoingData) => 'ok' | 'full' | 'closed',
  ): number {
    if (session.isDirect) return this.#sendRuns(port.outlet, message, contents)
    return this.#sendBundles(message, contents, seal)
  }

  /**
   * A call of a cipher costs microseconds whatever its length, so a run is sealed as one. What
   * makes no run is left to be sent alone.
   */
  #sendBundles(
    message: OutgoingData,
    contents: readonly Uint8Array[],
    seal: (bundle: OutgoingData) => 'ok' | 'full' | 'closed',
  ): number {
    const run = this.#run
    const bundle = this.#bundle
    bundle.toHi = message.toHi
    bundle.toLo = message.toLo
    let sent = 0
    while (sent < contents.length) {
      run.take(contents, sent)
      if (run.count === 1 || run.bytes > this.#state.config.limits.messageBytesMax) break
      numberFrom(bundle, this.#state.nextSequence())
      numberFrom(message, this.#state.nextSequence())
      this.#writer.writeRun(this.#scratch, message, contents, run)
      bundle.content = this.#scratch.buffer.subarray(0, run.bytes)
      if (seal(bundle) !== 'ok') break
      this.#took(run, message)
      sent += run.count
    }
    this.#state.counters.sent += sent
    return sent
  }

  #took({ count }: RecordRun, message: OutgoingData): void {
    this.#state.skipSequences(count - 1)
    // The message is left with the number behind the last.
    this.lastSequence = numberOf(message) - 1
  }

  /** Ends at the first run that has no room; some of its messages may have, one by one. */
  #sendRuns(outlet: Outlet, message: OutgoingData, contents: readonly Uint8Array[]): number {
    const run = this.#run
    let sent = 0
    while (sent < contents.length) {
      run.take(contents, sent)
      const first = this.#state.nextSequence()
      numberFrom(message, first)
      if (this.#writer.writeRun(outlet, message, contents, run) !== 'ok') break
      this.#took(run, message)
      sent += run.count
    }
    this.#state.counters.sent += sent
    return sent
  }
}

/** Where a run stands until it is sealed. Made for the first, and used again for all others. */
class ScratchOutlet implements Outlet {
  buffer = new Uint8Array(0)
  readonly offset = 0
  readonly pendingBytes = 0

  claim(bytes: number): 'ok' {
    if (bytes > this.buffer.length) this.buffer = new Uint8Array(Math.max(bytes, RUN_BYTES_MAX))
    return 'ok'
  }

  commit(): void {}
}
