// Ranges of ids as a user writes them: PREFIX/BITS, as with addresses.

import { type BusIdLike, formatId, ID_MAX, parseId } from '../core/bus-id.js'
import { type Grant, overlap } from '../core/routes/id-range.js'
import { BusError } from '../errors.js'
import type { IdRange } from '../wire/control-messages.js'
import { ROUTE_RANGES_MAX } from '../wire/route-record.js'

/** What one child may announce below it; see `BusNodeOptions.grants`. */
export interface SubnetGrant {
  readonly child: BusIdLike
  /** 1 to 16 ranges, such as `0x0001000000000000/16`: the ids that share these top bits. */
  readonly subnets: readonly string[]
}

/** Throws BAD_CONFIGURATION, naming the value at fault. */
export function grantsOf(grants: readonly SubnetGrant[]): Grant[] {
  const parsed = grants.map(({ child, subnets }) => {
    if (subnets.length === 0 || subnets.length > ROUTE_RANGES_MAX) {
      bad(`${subnets.length} subnets for a child; 1 to ${ROUTE_RANGES_MAX}`)
    }
    return { child: parseId(child), ranges: subnets.map(rangeOf) }
  })
  parsed.forEach((one, at) => {
    for (const other of parsed.slice(at + 1)) refuseOverlap(one, other)
  })
  return parsed
}

function rangeOf(text: string): IdRange {
  const [prefixText = '', bitsText = '', ...rest] = text.split('/')
  const maskBits = Number(bitsText)
  const isWhole = /^\d{1,2}$/.test(bitsText) && maskBits >= 1 && maskBits <= 64
  if (!isWhole || rest.length > 0) bad(`${text.slice(0, 80)} is not PREFIX/BITS, with 1 to 64 bits`)
  const prefix = parseId(prefixText)
  const below = ID_MAX >> BigInt(maskBits)
  if ((prefix & below) !== 0n) bad(`${text}: the prefix has bits below the first ${maskBits}`)
  return { prefix, maskBits }
}

/** Each id is answered for by one child at most (routing-table.md, "Limits"). */
function refuseOverlap(one: Grant, other: Grant): void {
  if (one.child === other.child) bad(`${formatId(one.child)} has two grants`)
  const shared = one.ranges.some((range) => other.ranges.some((second) => overlap(range, second)))
  if (shared) bad(`the subnets of ${formatId(one.child)} and ${formatId(other.child)} overlap`)
}

function bad(detail: string): never {
  throw new BusError('BAD_CONFIGURATION', `grants: ${detail}`)
}
