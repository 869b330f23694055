// Which processes can open each other's descriptors by their numbers.

import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

/**
 * 16 bytes, equal for processes of one boot of a host, one user, one ipc and one pid namespace.
 * Undefined where the system does not tell. A hash of what is secret to the host: no peer elsewhere
 * can name it.
 */
export function hostMark(): Uint8Array | undefined {
  try {
    const facts = [
      readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      readlinkSync('/proc/self/ns/ipc'),
      readlinkSync('/proc/self/ns/pid'),
      String(process.geteuid?.()),
    ]
    const hash = createHash('sha256')
      .update(`treebus ring ${facts.join(' ')}`)
      .digest()
    return Uint8Array.from(hash.subarray(0, 16))
  } catch {
    return undefined
  }
}
