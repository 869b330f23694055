// What one neighbour has said and not withdrawn: routes belong to the link that announced them.

import type { IdRange } from '../../wire/control-messages.js'
import type { LinkRole } from '../effects.js'

/** What the table has to know of a link. */
export interface Feeder {
  readonly number: number
  readonly idHigh: number
  readonly idLow: number
  readonly role: LinkRole
  /** The ids that it answers for as a whole, where it is a child to which they were granted. */
  readonly granted?: readonly IdRange[]
}

/**
 * live      every row of it may be used
 * arriving  a snapshot is coming: rows that it has confirmed may be used, the others are stale
 * stale     its parent link has ended: shown to children for a while, never used
 * waiting   its link makes room for a newer one of the same life, which takes it over
 * draining  its link goes back to another path: nothing is sent by it any more
 * dead      its link has ended: as good as empty, swept bit by bit
 */
export type SetState = 'live' | 'arriving' | 'stale' | 'waiting' | 'draining' | 'dead'

export class LearnedSet {
  readonly slot: number
  /** The link that feeds it, or the last one that did. */
  link: Feeder
  state: SetState = 'live'
  /** The mark that rows have which the present snapshot confirmed. */
  epoch = 0
  /** The first of its rows, which are chained; -1 for none. */
  first = -1
  size = 0
  /** Rows of it that another link has with a higher attach. */
  moved = 0
  /** Where the sweep that is under way goes on; -1 for none. */
  sweepAt = -1
  /** Some of its rows may have another epoch than the set. */
  isMixed = false
  /** Its link is to take over from another path, and has not told all yet: that one goes first. */
  isComing = false
  /** Place of its role; whatever link takes the set over has the same role. */
  readonly rank: number

  constructor(slot: number, link: Feeder) {
    this.slot = slot
    this.link = link
    this.rank = RANKS[link.role]
  }

  /** Whether what it says counts as known. */
  get counts(): boolean {
    return this.state !== 'dead' && this.state !== 'draining'
  }
}

/** Which link is asked first (routing-table.md, "Messages follow the same rule"). */
const RANKS = { child: 0, sibling: 1, parent: 2 } as const

export const CHILD_RANK = RANKS.child
export const PARENT_RANK = RANKS.parent
