// One hostile life against a core, word by word, with what must hold after each of them.

import { beginNonces } from '../core/_registrations.js'
import type { Random } from '../wire/_random.js'
import { SCENES, type Scene } from './_core-scenes.js'
import { anyWord, HOST, LAWFUL, mutated } from './_core-words.js'

const WORDS_MAX = 24
/** Longer than any deadline: silence ends a link after 24 s, a temporary node after 30 s. */
const QUIET_MS = 70_000
const SLAB_BYTES_MAX = 4 * 1024 * 1024
/** The lawful child's, and a parent that is dialled again and again. */
const ENDS_MAX = 2

export interface Life {
  readonly scene: string
  readonly words: Uint8Array[]
  /** What it brought about, as one text: a new one is worth keeping. */
  readonly effect: string
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new Error(rule)
}

function lawfulHolds({ host, lawful }: Scene, number: number): void {
  check(host.core.link(LAWFUL)?.number === number, 'the lawful child keeps its link')
  check(lawful.core.link(HOST) !== undefined, 'and its parent')
  for (const { reader } of host.ends.values()) {
    check(reader.space().buffer.byteLength <= SLAB_BYTES_MAX, 'memory is bounded')
  }
}

/** A way there and back between the two that did nothing wrong. */
function lawfulTalks({ host, lawful }: Scene, isDraining: boolean): void {
  const before = host.messages.length
  const outcome = lawful.send(HOST, 'still here')
  if (isDraining) {
    check(outcome === 'no_route', 'who drains takes nothing new')
    return
  }
  check(outcome === 'sent', `the lawful child can send: ${outcome}`)
  check(host.messages.at(before)?.text === 'still here', 'and is heard')
  check(host.send(LAWFUL, 'so are we') === 'sent', 'and is sent to')
  check(lawful.messages.at(-1)?.text === 'so are we', 'and hears')
}

function nextWord(random: Random, scene: Scene, corpus: readonly Uint8Array[]): Uint8Array {
  const mouth = scene.mouth()
  const sealed = random.once(3) ? mouth.sealed?.() : undefined
  if (sealed !== undefined) return random.once(2) ? sealed : mutated(random, sealed)
  const kept = random.once(4) && corpus.length > 0
  const word = kept ? random.pick(corpus) : anyWord(random, mouth.known())
  return random.once(3) ? mutated(random, word) : word
}

function effectOf({ host }: Scene, life: { scene: string }): string {
  const counted = Object.entries(host.core.counters).filter(([, count]) => count > 0)
  const names = counted.map(([name]) => name).join(' ')
  const reasons = host.events.map((event) => {
    if (event.kind === 'link_down') return `${event.kind} ${event.reason} ${event.code ?? ''}`
    return event.kind === 'refused' ? `${event.kind} ${event.code}` : event.kind
  })
  return `${life.scene}: ${names}; ${[...new Set(reasons)].sort().join()}`
}

/** Throws with the rule that was broken. `words` are said first, where they are given. */
export function live(name: string, random: Random | undefined, words: readonly Uint8Array[]): Life {
  beginNonces()
  const scene = SCENES[name]!()
  const number = scene.host.core.link(LAWFUL)?.number ?? -1
  const said: Uint8Array[] = []
  const say = (word: Uint8Array) => {
    said.push(word)
    if (scene.mouth().isOpen) scene.mouth().say(word)
    lawfulHolds(scene, number)
  }
  for (const word of words) say(word)
  for (let left = random === undefined ? 0 : 1 + random.below(WORDS_MAX); left > 0; left--) {
    say(nextWord(random!, scene, words))
    if (random!.once(10)) scene.world.advance(random!.below(6_000))
  }
  const effect = effectOf(scene, { scene: name })
  lawfulTalks(scene, name === 'draining')
  if (random?.once(3)) scene.mouth().hangUp()
  scene.world.advance(QUIET_MS)
  lawfulHolds(scene, number)
  const others = scene.host.core.links().filter(({ id }) => id !== LAWFUL)
  check(others.length <= (name.startsWith('keyed') ? 1 : 0), 'who says nothing more has no link')
  check(scene.host.ends.size <= ENDS_MAX, 'and no connection')
  return { scene: name, words: said, effect }
}
