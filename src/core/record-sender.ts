// Sends records: one by one, or many with one claim of the carrier's memory.

import type { OutgoingData } from '../wire/data-codec.js'
import { RecordRun, RecordWriter } from '../wire/data-record.js'
import type { Outlet } from '../wire/outlet.js'
import type { CoreState } from './core-state.js'

const HALF = 0x1_0000_0000

export class RecordSender {
  readonly #state: CoreState
  readonly #writer = new RecordWriter()
  readonly #run = new RecordRun()

  constructor(state: CoreState) {
    this.#state = state
  }

  write(outlet: Outlet, message: OutgoingData): 'ok' | 'full' | 'closed' {
    return this.#writer.write(outlet, message)
  }

  /**
   * Numbers them and returns how many were sent: all before the first run that has no room. Some
   * of that run's messages may have room, one by one. `message` is left with the number behind the
   * last that was sent.
   */
  sendRuns(outlet: Outlet, message: OutgoingData, contents: readonly Uint8Array[]): number {
    const run = this.#run
    let sent = 0
    while (sent < contents.length) {
      run.take(contents, sent)
      const first = this.#state.nextSequence()
      numberFrom(message, first)
      if (this.#writer.writeRun(outlet, message, contents, run) !== 'ok') break
      this.#state.skipSequences(run.count - 1)
      sent += run.count
    }
    this.#state.counters.sent += sent
    return sent
  }
}

export function numberFrom(message: OutgoingData, sequence: number): void {
  message.sequenceHi = Math.floor(sequence / HALF)
  message.sequenceLo = sequence >>> 0
}
