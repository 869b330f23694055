// May this id have a link here? What the registering node is told, decided from what stands.

import type { BusErrorCode } from '../errors.js'
import type { LinkRole } from './effects.js'
import { type Link, type PeerIdentity, sameLife } from './link.js'

/**
 * new       nobody has the id
 * data      a plain peer's further connection: it joins the link that stands
 * yield     the same life, and both dialled: its connection gives way, and is read to its end
 * replace   the same life registered anew: the old link goes first
 * probe     another life holds the id; it is asked for a sign before anybody is believed
 * again     the same life dialled once more: its link stays, unless no pong comes over it
 */
export type Admission =
  | { readonly kind: 'new' }
  | { readonly kind: 'data'; readonly link: Link }
  | { readonly kind: 'yield'; readonly link: Link }
  | { readonly kind: 'replace'; readonly link: Link }
  | { readonly kind: 'probe'; readonly link: Link }
  | { readonly kind: 'again'; readonly link: Link }
  | { readonly kind: 'refuse'; readonly code: BusErrorCode }

export interface Situation {
  readonly nowMs: number
  readonly selfId: bigint
  /** The link that has the id now. */
  readonly standing: Link | undefined
  readonly links: number
  readonly linksMax: number
  readonly probeMs: number
  /** A dial of ours that is older was not made at the same time as theirs. */
  readonly crossingMs: number
}

/** What the acceptor does with a registration that is good in itself. */
export function admit(peer: PeerIdentity, role: LinkRole, at: Situation): Admission {
  const standing = at.standing
  if (peer.id === at.selfId) return { kind: 'refuse', code: 'ID_CONFLICT' }
  if (standing === undefined) {
    return at.links < at.linksMax ? { kind: 'new' } : { kind: 'refuse', code: 'FULL' }
  }
  if (!sameLife(standing.peer, peer)) return challenge(standing, at)
  if (peer.incarnation === undefined) return joinPlain(standing)
  // A node that is our parent cannot become our child as well: that is a circle of two.
  if (standing.role === 'parent') return { kind: 'refuse', code: 'LOOP' }
  // A sibling may become our child. A child that dials as sibling would only lose its parent.
  if (standing.role === 'child' && role === 'sibling') return challenge(standing, at)
  // Both siblings dialled at once. The dial of the lower id stands; when ours does, the other end
  // is refused, unless our own connection turns out to be dead.
  const bothDialled = role === 'sibling' && standing.dialled && standing.role === 'sibling'
  if (bothDialled && at.selfId < peer.id) return challenge(standing, at)
  if (bothDialled && at.nowMs - standing.liveness.sinceMs < at.crossingMs) {
    return { kind: 'yield', link: standing }
  }
  return { kind: isAgain(standing, peer, role) ? 'again' : 'replace', link: standing }
}

/** Not where the other end says itself that it has no link: it leaves, or has lost a parent. */
function isAgain(standing: Link, peer: PeerIdentity, role: LinkRole): boolean {
  if (standing.role !== role || standing.dialled || standing.leaving) return false
  return role !== 'child' || peer.attach <= standing.peer.attach
}

/** Another life claims the id. One that spoke within the probe time needs no asking. */
function challenge(standing: Link, at: Situation): Admission {
  const silentMs = at.nowMs - standing.liveness.heardAtMs
  if (silentMs < at.probeMs) return { kind: 'refuse', code: 'ID_CONFLICT' }
  return { kind: 'probe', link: standing }
}

/** It was asked for a sign, and gave none in time. */
function isMissing(standing: Link, at: { nowMs: number; probeMs: number }): boolean {
  return isAsked(standing) && at.nowMs - standing.pingSentAtMs >= at.probeMs
}

/** A ping is out, and nothing was heard since. */
export function isAsked({ liveness, pingSentAtMs, pingSequence }: Link): boolean {
  return pingSequence !== 0n && liveness.heardAtMs <= pingSentAtMs
}

/**
 * Whether the other end of a link that was asked has shown itself. One that dialled anew may have
 * given the link up, and what it said before is still being read: only its pong is a sign of now.
 */
export function hasAnswered(
  { liveness, pingSequence }: Link,
  { dialsAgain, nowMs, probeMs }: { dialsAgain: boolean; nowMs: number; probeMs: number },
): boolean {
  return dialsAgain ? pingSequence === 0n : nowMs - liveness.heardAtMs < probeMs
}

/**
 * A plain process that registers again wants its second connection, or it lost both and comes back
 * while we have not noticed.
 */
function joinPlain(standing: Link): Admission {
  return { kind: standing.data.size === 0 ? 'data' : 'replace', link: standing }
}

/** `behind`: theirs stands, and ours only carries what either end has said on it by now. */
export type Settlement = Admission | { readonly kind: 'behind'; readonly link: Link }

/** What the dialler does when its registration was accepted by a node that it already knows. */
export function settle(
  peer: PeerIdentity,
  at: {
    readonly nowMs: number
    readonly probeMs: number
    readonly selfId: bigint
    readonly standing: Link | undefined
    readonly asParent: boolean
    /** The standing link came up while we were dialling: both ends dialled at once. */
    readonly crossed: boolean
  },
): Settlement {
  const standing = at.standing
  if (standing === undefined) return { kind: 'new' }
  if (!sameLife(standing.peer, peer)) {
    // A parent's place is its address: whoever answers there is the parent now.
    const isFree = (at.asParent && standing.role === 'parent') || isMissing(standing, at)
    return { kind: isFree ? 'replace' : 'probe', link: standing }
  }
  if (peer.incarnation === undefined) return joinPlain(standing)
  if (at.asParent && standing.role === 'child') return { kind: 'refuse', code: 'LOOP' }
  const yields = at.crossed && !at.asParent && !standing.dialled && peer.id < at.selfId
  if (yields) return { kind: 'behind', link: standing }
  const takesOver = at.crossed && !at.asParent && standing.role === 'sibling' && !standing.dialled
  return { kind: takesOver ? 'yield' : 'replace', link: standing }
}
