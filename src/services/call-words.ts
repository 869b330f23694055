// What was called, in words for people.

import type { CallName } from './service-protocol.js'

export function wordsOf(app: string, name: CallName, to: bigint): string {
  return `${app === '' ? '' : `${app}.`}${name} at 0x${to.toString(16)}`
}
