// Damage to bytes, as a faulty or hostile peer would do it.

import type { Random } from './_random.js'

const NASTY = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0b, 0x0c, 0x1a, 0xfe]

export function mutate(random: Random, seed: Uint8Array): Uint8Array {
  let bytes: Uint8Array = seed.slice()
  for (let times = random.below(5); times >= 0; times--) {
    const at = random.below(bytes.length + 1)
    const cut = random.below(5)
    switch (random.below(6)) {
      case 0:
        bytes[at] = random.next()
        break
      case 1:
        bytes[at] = random.pick(NASTY)
        break
      case 2:
        bytes[at]! ^= 1 << random.below(8)
        break
      case 3:
        bytes = bytes.slice(0, at)
        break
      case 4:
        bytes = join(bytes.slice(0, at), random.bytes(cut), bytes.slice(at))
        break
      default:
        bytes = join(bytes.slice(0, at), bytes.slice(at + cut))
    }
  }
  return bytes
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
