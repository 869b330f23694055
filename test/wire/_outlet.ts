// An outlet over plain memory, which shows what was committed and refuses on demand.

import type { Outlet } from '../../src/wire/outlet.js'

export class TestOutlet implements Outlet {
  buffer: Uint8Array
  offset: number
  claims: number[] = []
  frames: Uint8Array[] = []
  refuse: 'full' | 'closed' | undefined
  readonly pendingBytes = 0

  /** The frame starts at an odd place, so that nothing relies on alignment or on zero. */
  constructor(bytes = 4096, offset = 3) {
    this.buffer = new Uint8Array(bytes).fill(0xee)
    this.offset = offset
  }

  claim(bytes: number): 'ok' | 'full' | 'closed' {
    if (this.refuse) return this.refuse
    if (this.offset + bytes > this.buffer.length) return 'full'
    this.claims.push(bytes)
    return 'ok'
  }

  commit(bytes: number): void {
    this.frames.push(this.buffer.slice(this.offset, this.offset + bytes))
  }

  /** The payload of the only frame there is. */
  takeFrame(): Uint8Array {
    return this.frames.pop()!
  }
}
