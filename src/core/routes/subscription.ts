// Both halves of what two neighbours tell each other: what we asked for, and what was asked of us.

import type { LearnedSet } from './learned-set.js'

/**
 * none      we did not ask, or took it back
 * due       we are to ask on the next turn, behind what the registration still has to send
 * asked     the answer is awaited
 * arriving  its snapshot is coming
 * live      we have all of it, and get its changes
 */
export type SubscriptionState = 'none' | 'due' | 'asked' | 'arriving' | 'live'

/** What we asked a neighbour for, and how far we are with it. */
export class Subscription {
  state: SubscriptionState = 'none'
  detail = 0
  /** Of the publisher's changes, the last that we have. */
  sequence = 0
  /** The publisher has more than we take: we asked for less. */
  wantsLess = false
  /** The publisher's life; a sequence means something only within it. */
  incarnation: Uint8Array | undefined
  /** Its children may not all be back. */
  warming = false
  /** It knows of ids that it cannot name: unknown ones go there. */
  opaque = false
  /** The ids above it. */
  ancestors: readonly bigint[] = []
  /** The snapshot is complete, but what it did not confirm is kept until the grace time is over. */
  sweepsLater = false

  /** What the other end told before, if that is still here to go on from. */
  resumes = false
}

export type AnswerDue = 'full' | 'resume' | 'too_many'

/** A neighbour that asked us. */
export class Subscriber {
  readonly detail: number
  readonly recordsMax: number
  /** The row at which its snapshot goes on; -1 where it has all of it. */
  snapshotAt: number
  /** The last change that it was told of. */
  sequence: number
  /** Of what we said of ourselves: warming, opaque, ancestors. */
  toldVersion = -1
  /** It has to be told how we go on: from where it was, with a snapshot, or not at all. */
  answerDue: AnswerDue | undefined

  constructor(options: {
    detail: number
    recordsMax: number
    snapshotAt: number
    sequence: number
    answerDue: AnswerDue
  }) {
    this.answerDue = options.answerDue
    this.detail = options.detail
    this.recordsMax = options.recordsMax
    this.snapshotAt = options.snapshotAt
    this.sequence = options.sequence
  }
}

/** What the routing table keeps of one link. */
export class LinkRoutes {
  readonly set: LearnedSet
  readonly subscription = new Subscription()
  subscriber: Subscriber | undefined
  /** When the other end last asked: it may do so once a second. */
  askedAtMs = Number.NEGATIVE_INFINITY
  /** Changes that it told since then; see RoutePace. */
  changes = 0
  changesSinceMs = Number.NEGATIVE_INFINITY

  constructor(set: LearnedSet) {
    this.set = set
  }
}
