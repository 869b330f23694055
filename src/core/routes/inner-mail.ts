// What the nodes send each other as forwarded messages, and users never see.

import type { DataCursor } from '../../wire/data-cursor.js'
import { EXTENSION, MARK_CODE } from '../../wire/extension.js'
import { joinHalves } from '../bus-id.js'
import type { Link } from '../link.js'
import type { PathGates } from '../path-gates.js'
import type { LifeProbe } from './life-probe.js'

export class InnerMail {
  readonly #probe: LifeProbe
  readonly #gates: PathGates

  constructor(probe: LifeProbe, gates: PathGates) {
    this.#probe = probe
    this.#gates = gates
  }

  /** True where it may have changed the table. */
  arrived(link: Link, data: DataCursor): boolean {
    const { contentEnd, contentStart, extensionHi, extensionKind, extensionLo, fromHi, fromLo } =
      data
    switch (extensionKind) {
      case EXTENSION.LIFE_PROBE:
        this.#probe.asked(fromHi, fromLo, extensionHi, extensionLo)
        return false
      case EXTENSION.LIFE_REPLY: {
        const content = data.buffer.subarray(contentStart, contentEnd)
        this.#probe.replied(joinHalves(fromHi, fromLo), numberOf(data), content)
        return true
      }
      case EXTENSION.MARK:
        this.#mark(link, data)
        return false
      default:
        return false
    }
  }

  /** Only the sibling itself says what comes by its link. */
  #mark(link: Link, data: DataCursor): void {
    const { extensionCode, fromHi, fromLo } = data
    const mark = numberOf(data)
    if (extensionCode !== MARK_CODE.ANNOUNCED) this.#gates.marked(fromHi, fromLo, mark)
    else if (link.role === 'sibling' && link.idLow === fromLo && link.idHigh === fromHi) {
      this.#gates.announced(link, mark)
    }
  }

  /** One of ours came back; true where that may have changed the table. */
  returned(data: DataCursor, isUnsupported: boolean): boolean {
    if (data.extensionKind !== EXTENSION.LIFE_PROBE) return false
    this.#probe.returned(joinHalves(data.fromHi, data.fromLo), numberOf(data), isUnsupported)
    return true
  }
}

function numberOf({ extensionHi, extensionLo }: DataCursor): bigint {
  return joinHalves(extensionHi >>> 0, extensionLo >>> 0)
}
