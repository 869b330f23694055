// A timer that rings when the test says so.

import type { FollowerTimer } from '../../src/bootstrap/address-follower.js'

export class HandTimer implements FollowerTimer {
  pending: { delayMs: number; run: () => void } | undefined

  after(delayMs: number, run: () => void): () => void {
    const pending = { delayMs, run }
    this.pending = pending
    return () => {
      if (this.pending === pending) this.pending = undefined
    }
  }

  ring(): void {
    const { pending } = this
    this.pending = undefined
    pending?.run()
  }
}
