// What the kinds of messages mean for their way.

import type { OutgoingData } from '../wire/data-codec.js'
import type { DataCursor } from '../wire/data-cursor.js'
import { EXTENSION, LAYER_KINDS_FROM } from '../wire/extension.js'
import type { Link } from './link.js'

/** What nodes say to each other, and no user hears. */
export function isForNodes(extensionKind: number): boolean {
  return extensionKind >= EXTENSION.LIFE_PROBE && extensionKind <= EXTENSION.SIGHTING
}

/** A question that only our own kind answers. */
export function asksOurKind(extensionKind: number): boolean {
  return (
    extensionKind === EXTENSION.REQUEST ||
    extensionKind === EXTENSION.PROBE ||
    extensionKind === EXTENSION.PEERS_QUERY ||
    extensionKind === EXTENSION.LIFE_PROBE ||
    extensionKind >= LAYER_KINDS_FROM
  )
}

/** What ends a call that is under way: it goes even to a node that is about to leave. */
export function isAnswer(extensionKind: number): boolean {
  return extensionKind !== EXTENSION.NONE && !asksOurKind(extensionKind)
}

/** Ours for the neighbour itself, with nothing that a record has no place for. */
export function isRecordFor(
  link: Link,
  { toHi, toLo, flags, extensionKind }: OutgoingData,
): boolean {
  if (!link.takesRecords || link.idLow !== toLo || link.idHigh !== toHi) return false
  return flags === 0 && !isForNodes(extensionKind)
}

/** Ours for somebody behind a neighbour that passes records on. */
export function isRoutedBy(link: Link, { flags, extensionKind }: OutgoingData): boolean {
  return link.takesRouted && flags === 0 && !isForNodes(extensionKind)
}

/** Whether that id is the neighbour itself, and it speaks plainly. */
export function isPlainTarget(link: Link, high: number, low: number): boolean {
  return link.plain && link.idLow === low && link.idHigh === high
}

/** A message of one child's own for another child itself. */
export function isBetween(from: Link, to: Link, data: DataCursor): boolean {
  if (from.role !== 'child' || to.role !== 'child') return false
  const isFromIt = data.fromLo === from.idLow && data.fromHi === from.idHigh
  return isFromIt && data.toLo === to.idLow && data.toHi === to.idHigh
}
