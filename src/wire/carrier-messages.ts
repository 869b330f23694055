// The messages by which two nodes move a connection to shared memory, as plain typed values.

/** What carries the bytes of one direction, as the wire numbers it. */
export const CARRIER = { socket: 0, ring: 1 } as const

export type CarrierName = keyof typeof CARRIER

/** Descriptors are open in the process `pid`. Numbers are 0 to 2^31 - 1. */
export interface RingOffer {
  /** 16 bytes. */
  readonly hostMark: Uint8Array
  /** Of each ring. */
  readonly ringBytes: number
  /** 16 bytes. */
  readonly nonce: Uint8Array
  readonly pid: number
  readonly memoryFd: number
  readonly bellFd: number
}

export interface RingBell {
  readonly pid: number
  readonly bellFd: number
}

/** `refused`: why, in at most 40 characters. */
export type RingAnswer = RingBell | { readonly refused: string }

export type CarrierBody =
  | { readonly kind: 'ring_offer'; readonly offer: RingOffer }
  | { readonly kind: 'ring_answer'; readonly answer: RingAnswer }
  | { readonly kind: 'carrier'; readonly to: CarrierName }

export type CarrierKind = CarrierBody['kind']
