// `--against`: a question with only those peers beside treebus that were asked for.

import type { Cell, Question } from './question.js'

/** A peer by its name, or all whose first word it is: `zeromq` is `zeromq ipc` and `zeromq tcp`. */
function isNamed(peer: string, name: string): boolean {
  return peer === name || peer.split(' ')[0] === name
}

/** Without any peer. */
const NONE = 'none'

/** Throws for a name that no peer has: a comparison that is not made must not pass in silence. */
export function besides<C extends Cell>(
  question: Question<C>,
  against: readonly string[] | undefined,
): Question<C> {
  const { peers, subjects } = question
  if (against === undefined || peers === undefined) return question
  const unknown = against.find((name) => name !== NONE && !peers.some((p) => isNamed(p, name)))
  if (unknown !== undefined) throw new Error(`no peer ${unknown}: ${peers.join(', ')}`)
  const unwanted = new Set(peers.filter((peer) => !against.some((name) => isNamed(peer, name))))
  return { ...question, subjects: subjects.filter((name) => !unwanted.has(name)) }
}
