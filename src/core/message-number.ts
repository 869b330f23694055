// The number of a message: exact in the core, two halves of 32 bits where it is written.

const HALF = 0x1_0000_0000

interface Numbered {
  sequenceHi: number
  sequenceLo: number
}

export function numberFrom(message: Numbered, sequence: number): void {
  message.sequenceHi = Math.floor(sequence / HALF)
  message.sequenceLo = sequence >>> 0
}

/** The inverse of `numberFrom`. */
export function numberOf({ sequenceHi, sequenceLo }: Readonly<Numbered>): number {
  return sequenceHi * HALF + sequenceLo
}
