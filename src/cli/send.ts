// `treebus send`: each line of stdin becomes one message.

import { BusError, formatId } from '../index.js'
import { EXIT } from './exit-code.js'
import { callWithRoom, sendWithRoom } from './hand-over.js'
import { type Line, readLines } from './lines.js'
import { undeliveredRow } from './node-events.js'
import { failureRow } from './rows.js'
import type { Visit } from './visit.js'

/** Confirmations that may be open; then the next line waits. */
const OPEN_MAX = 256

export interface SendPlan {
  readonly to: bigint
  readonly type: number
  /** Every message, not only the last. */
  readonly confirm: boolean
  readonly lineBytesMax: number
}

export async function send(visit: Visit, plan: SendPlan): Promise<number> {
  const mail = new Mail(visit, plan)
  const { stdin } = process
  visit.signal.addEventListener('abort', () => stdin.destroy())
  const lines = readLines(stdin, plan.lineBytesMax)
  try {
    // One line is held back: the last message is confirmed whatever was asked for. What went before
    // it and failed has come back by then, since all take one way, in order.
    let held: Line | undefined
    for await (const line of lines) {
      if (held !== undefined) await mail.send(held, plan.confirm)
      held = line
    }
    if (held !== undefined) await mail.send(held, true)
  } catch (error) {
    if (!visit.signal.aborted) throw error
  }
  await mail.settled()
  const { sent, confirmed, failed } = mail
  visit.output.tell('summary', { summary: { sent, confirmed, failed } })
  return failed === 0 && !visit.signal.aborted ? EXIT.ok : EXIT.failed
}

class Mail {
  readonly #visit: Visit
  readonly #plan: SendPlan
  readonly #open = new Set<Promise<void>>()
  sent = 0
  confirmed = 0
  failed = 0

  constructor(visit: Visit, plan: SendPlan) {
    this.#visit = visit
    this.#plan = plan
    visit.node.on('undelivered', (failure) => {
      this.failed++
      visit.output.tell('failure', undeliveredRow(failure))
    })
  }

  /** Resolves when it is on its way, or will never be. */
  async send({ number, content }: Line, confirm: boolean): Promise<void> {
    try {
      if (content === undefined) throw new BusError('MESSAGE_TOO_LONG', `line ${number}`)
      if (confirm) await this.#confirm(content, number)
      else await this.#sendOnly(content)
    } catch (error) {
      this.#fail(error, number)
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open)
  }

  async #sendOnly(content: Buffer): Promise<void> {
    const { node, signal } = this.#visit
    const { to, type } = this.#plan
    const outcome = await sendWithRoom(node, signal, () => node.send(to, content, { type }))
    if (outcome !== 'sent') {
      throw new BusError(outcome === 'no_route' ? 'NO_ROUTE' : 'NODE_CLOSED', formatId(to))
    }
    this.sent++
  }

  async #confirm(content: Buffer, line: number): Promise<void> {
    while (this.#open.size >= OPEN_MAX) await Promise.race(this.#open)
    const { node, signal, timeoutMs } = this.#visit
    const { to, type } = this.#plan
    const call = () => node.confirm(to, content, { type, timeoutMs, signal })
    const { answer } = await callWithRoom(node, signal, call)
    this.sent++
    const settled = answer.then(
      () => {
        this.confirmed++
      },
      (error: unknown) => this.#fail(error, line),
    )
    const ended = settled.finally(() => this.#open.delete(ended))
    this.#open.add(ended)
  }

  #fail(error: unknown, line: number): void {
    if (!(error instanceof BusError)) throw error
    this.failed++
    this.#visit.output.tell('failure', failureRow(this.#plan.to, error, line))
  }
}
