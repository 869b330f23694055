// Ranges of ids by prefix: two of them lie one within the other, or have no id in common.

import type { IdRange } from '../../wire/control-messages.js'

const ID_BITS = 64

/** What one node may announce below it, by its parent's word (routing-table.md, "Limits"). */
export interface Grant {
  readonly child: bigint
  /** At least one. */
  readonly ranges: readonly IdRange[]
}

export function isInRange(id: bigint, { prefix, maskBits }: IdRange): boolean {
  return (id ^ prefix) >> BigInt(ID_BITS - maskBits) === 0n
}

/** No ranges at all stand for every id. */
export function isGranted(id: bigint, ranges: readonly IdRange[]): boolean {
  return ranges.length === 0 || ranges.some((range) => isInRange(id, range))
}

export function overlap(a: IdRange, b: IdRange): boolean {
  return a.maskBits <= b.maskBits ? isInRange(b.prefix, a) : isInRange(a.prefix, b)
}

/** What lies in both lists. Undefined where that is nothing, as no ranges stand for every id. */
export function inBoth(
  left: readonly IdRange[],
  right: readonly IdRange[],
): readonly IdRange[] | undefined {
  if (left.length === 0) return right
  if (right.length === 0) return left
  const shared = left.flatMap((a) =>
    right.filter((b) => overlap(a, b)).map((b) => (a.maskBits >= b.maskBits ? a : b)),
  )
  return shared.length === 0 ? undefined : shared
}
