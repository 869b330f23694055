import test from 'ava'
import { HOST_MARK } from './_carriage.js'
import { type Host, seededRandom, World } from './_harness.js'

const ADDRESS = 'ipv4://10.0.0.1:1'
const CHANGES_MIN = 1_000
const DELAY_MS_MAX = 20

/** root > a, b, and what each of them says to the others, numbered. */
class MovingTree {
  readonly world = new World()
  readonly hosts: readonly Host[]
  readonly #random = seededRandom(91)
  readonly #sent = new Map<string, number>()
  readonly #heard = new Map<string, number>()
  readonly wrong: string[] = []

  constructor() {
    const { world } = this
    const hostMark = HOST_MARK
    const root = world.host({ id: 0x100n, hostMark }).listen(ADDRESS)
    const child = (id: bigint) => world.host({ id, hostMark, parents: [ADDRESS], siblings: false })
    this.hosts = [root, child(0x200n), child(0x300n)]
    world.delayMs = () => 1 + this.#below(DELAY_MS_MAX)
    world.ringDelayMs = () => 1 + this.#below(DELAY_MS_MAX)
    for (const host of this.hosts) host.give({ kind: 'start' })
    world.advance(2_000)
  }

  #below(limit: number): number {
    const [high = 0, low = 0] = this.#random(2)
    return ((high << 8) | low) % limit
  }

  #any(): Host {
    const host = this.hosts[this.#below(this.hosts.length)]
    if (host === undefined) throw new Error('no host')
    return host
  }

  step(): void {
    for (let count = this.#below(4); count > 0; count--) this.#say(this.#any(), this.#any())
    const chance = this.#below(8)
    if (chance === 0) this.#any().give({ kind: 'shared_memory', isOn: false })
    // Only who dialled offers again, and only where the other end is willing.
    if (chance < 3) for (const host of this.hosts) this.#on(host)
    this.world.advance(this.#below(5))
    this.read()
  }

  #on(host: Host): void {
    if (this.#below(4) > 0) host.give({ kind: 'shared_memory', isOn: true })
  }

  #say(from: Host, to: Host): void {
    if (from === to) return
    const pair = `${from.core.id} to ${to.core.id}`
    const number = this.#sent.get(pair) ?? 0
    this.#sent.set(pair, number + 1)
    const outcome = from.send(to.core.id, String(number))
    if (outcome !== 'sent') this.wrong.push(`${pair}: ${number} ${outcome}`)
  }

  read(): void {
    for (const host of this.hosts) {
      for (const { from, text } of host.messages.splice(0)) {
        const pair = `${from} to ${host.core.id}`
        const next = this.#heard.get(pair) ?? 0
        if (text !== String(next)) this.wrong.push(`${pair}: ${text} instead of ${next}`)
        this.#heard.set(pair, Number(text) + 1)
      }
    }
  }

  /** Sent and not heard. */
  missing(): string[] {
    const isMissing = ([pair, count]: [string, number]) => this.#heard.get(pair) !== count
    return [...this.#sent].filter(isMissing).map(([pair]) => pair)
  }

  /** How often anybody's sending moved to a ring, and back. */
  changes(): { to: number; back: number } {
    const events = this.hosts.flatMap((host) => host.events)
    const moves = events.flatMap((event) =>
      event.kind === 'link_path' ? [event.link.channel] : [],
    )
    const to = moves.filter((channel) => channel === 'ring').length
    return { to, back: moves.length - to }
  }

  linksLost(): number {
    return this.hosts.flatMap(({ events }) => events.filter(({ kind }) => kind === 'link_down'))
      .length
  }
}

test('1,000 moves to a ring and back lose, double and reorder nothing', (t) => {
  const tree = new MovingTree()
  for (let steps = 0; tree.changes().back < CHANGES_MIN && steps < 100_000; steps++) tree.step()
  tree.world.advance(2_000)
  tree.read()
  t.deepEqual(tree.wrong, [])
  t.deepEqual(tree.missing(), [])
  t.is(tree.linksLost(), 0)
  const { to, back } = tree.changes()
  t.true(to >= CHANGES_MIN && back >= CHANGES_MIN, `${to} there, ${back} back`)
})
