// Waits until every registry that was told of our leaving has answered.

import { within } from '../../node/until.js'
import type { Answer } from '../directory-messages.js'
import type { ShellEffect } from './shell-role.js'

export class Farewell {
  #open = 0
  #request = 0n
  #done: () => void = () => undefined

  /** The word itself is its version: answers name the time of its stamp. */
  said(effects: readonly ShellEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'send' || effect.message.kind !== 'cancel') continue
      this.#open++
      this.#request = effect.message.version.stamp.time
    }
  }

  answered({ request }: Answer): void {
    if (this.#open === 0 || request !== this.#request) return
    this.#open--
    if (this.#open === 0) this.#done()
  }

  async heard(timeoutMs: number): Promise<void> {
    if (this.#open === 0) return
    await within(timeoutMs, (done) => {
      this.#done = done
    })
  }
}
