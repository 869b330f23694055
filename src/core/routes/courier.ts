// Takes routing messages to a neighbour, on the path of its data and in order with it.

import { type ControlBody, encodeControlBody } from '../../wire/control.js'
import { OutgoingHead, sourceField } from '../../wire/head-writer.js'
import type { CoreState } from '../core-state.js'
import type { Link } from '../link.js'
import { numberFrom } from '../message-number.js'

export class Courier {
  readonly #state: CoreState
  readonly #head = new OutgoingHead()

  constructor(state: CoreState) {
    this.#state = state
    const { id } = state.config
    this.#head.source = sourceField(Number(id >> 32n), Number(id & 0xffff_ffffn))
  }

  send(link: Link, message: ControlBody): 'ok' | 'full' | 'closed' {
    return this.write(link, encodeControlBody(message))
  }

  /** A whole message_body. */
  write(link: Link, body: Uint8Array): 'ok' | 'full' | 'closed' {
    const sequence = this.#state.nextSequence()
    numberFrom(this.#head, sequence)
    const { port, session } = link.usePath()
    return session.sealInto(port.outlet, this.#head, body)
  }
}
