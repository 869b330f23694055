// Who takes what arrives for this node.

import type { DataCursor } from '../wire/data-cursor.js'
import type { InnerCursor } from '../wire/head.js'
import type { MessageColumns } from '../wire/message-columns.js'

export const LENT = 'lent'

/**
 * Takes what arrives for this node. The cursors are valid during the call only, the memory that
 * they point into for as long as it is kept.
 */
export interface Delivery {
  /** A message for us. `LENT`: its memory is not looked at behind the end of the read. */
  message(data: DataCursor, head: InnerCursor): unknown
  /** The answer to a message of ours: `head.resultCode` 0 means that it was delivered. */
  answer(data: DataCursor, head: InnerCursor): void
  /**
   * Where plain messages that arrived side by side may be listed, instead of being given to
   * `message`, until `listed` is called; they are `LENT`. Undefined: not now.
   */
  columns?(): MessageColumns | undefined
  listed?(): void
}
