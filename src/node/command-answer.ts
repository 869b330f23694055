// Gives a custom command to the user's handlers and sees that it is answered once.

import type { CommandCall } from '../core/effects.js'
import { BusError } from '../errors.js'
import type { CommandEvent } from './events.js'
import { bytesOf } from './outgoing.js'

export interface CommandOutlets {
  readonly tell: (command: CommandEvent) => void
  readonly reply: (args: readonly Uint8Array[]) => void
}

/** The family answers every command; where no handler does, the answer is empty. */
export function answerCommand(
  command: { readonly call: CommandCall; readonly args: readonly Uint8Array[] },
  outlets: CommandOutlets,
): void {
  let state: 'open' | 'deferred' | 'answered' = 'open'
  const reply = (answer: readonly (Uint8Array | string)[]) => {
    if (state === 'answered') throw new BusError('BAD_ARGUMENT', 'this command was answered')
    state = 'answered'
    outlets.reply(answer.map(bytesOf))
  }
  const defer = () => {
    if (state === 'open') state = 'deferred'
  }
  outlets.tell({ from: command.call.from, args: command.args, reply, defer })
  if (state === 'open') reply([])
}
