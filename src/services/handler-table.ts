// What this process answers: handlers by service type and name.

import { BusError } from '../errors.js'
import type { Codec } from './codec.js'
import type { IncomingCall } from './incoming-call.js'
import { type CallName, isCallName } from './service-protocol.js'

/**
 * What it returns, or resolves with, is the answer; what it throws is an application error. What it
 * yields, as an async generator, are the parts of a stream.
 */
export type Handler<Request = unknown, Response = unknown> = (
  request: Request,
  call: IncomingCall,
) => Response | PromiseLike<Response> | AsyncIterable<Response>

export interface HandlerEntry {
  readonly handler: Handler
  readonly request: Codec<unknown>
  readonly response: Codec<unknown>
}

export class HandlerTable {
  /** By type; the empty one is asked where a type has none of its own. */
  readonly #types = new Map<string, Map<CallName, HandlerEntry>>()

  /** Returns what takes it away again. Throws BAD_ARGUMENT for a bad or taken name. */
  add(app: string, name: CallName, entry: HandlerEntry): () => void {
    const says = `${app === '' ? '' : `${app}.`}${String(name)}`
    if (!isCallName(name)) throw new BusError('BAD_ARGUMENT', `${says} is no name of a call`)
    const names = this.#types.get(app) ?? new Map<CallName, HandlerEntry>()
    this.#types.set(app, names)
    if (names.has(name)) throw new BusError('BAD_ARGUMENT', `${says} has a handler already`)
    names.set(name, entry)
    return () => {
      if (names.get(name) === entry) names.delete(name)
    }
  }

  find(app: string, name: CallName): HandlerEntry | undefined {
    return this.#types.get(app)?.get(name) ?? this.#types.get('')?.get(name)
  }
}
