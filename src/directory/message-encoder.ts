// Encodes for who sends one thing to many.

import { encodeMessage } from './directory-encode.js'
import type { DirectoryMessage } from './directory-messages.js'

export class MessageEncoder {
  encode(message: DirectoryMessage): Uint8Array {
    return encodeMessage(message)
  }
}
