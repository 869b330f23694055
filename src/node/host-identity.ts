// Who this process is: which host it runs on, and a name for this life of the node.

import { createHash, randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'

/**
 * Equal on all processes of a host, C++ ones included (spec C.2): SHA-256 over the hardware
 * addresses of the interfaces, without leading zero bytes, sorted and joined; without any, over
 * the host's name.
 */
export function hostIdentity(interfaces = networkInterfaces(), name = hostname()): string {
  const addresses = new Set<string>()
  for (const details of Object.values(interfaces)) {
    for (const { internal, mac } of details ?? []) {
      const digits = mac
        .replaceAll(':', '')
        .toLowerCase()
        .replace(/^(00)+/, '')
      if (!internal && digits !== '') addresses.add(digits)
    }
  }
  const text = addresses.size > 0 ? [...addresses].sort().join(':') : name
  return createHash('sha256').update(text).digest('hex')
}

/** A UUIDv7 (RFC 9562): lives of one node are distinct, and sort by when they began. */
export function newIncarnation(nowMs = Date.now()): Uint8Array {
  const uuid = randomBytes(16)
  uuid.writeUIntBE(nowMs, 0, 6)
  uuid[6] = (uuid[6]! & 0x0f) | 0x70
  uuid[8] = (uuid[8]! & 0x3f) | 0x80
  return new Uint8Array(uuid)
}

/** The family wants a unique hexadecimal string and compares it with nothing (spec C.2). */
export function newHashCode(): string {
  return randomBytes(32).toString('hex')
}
