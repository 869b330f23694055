// The open calls by session, in places that are used again and again.
//
// A Map would do, but for how it forgets: each time it is rehashed its old table points to the new
// one, and one that has grown old keeps all later ones, and what they hold, from being collected
// young. For a call within a process that was half of its time.

/** At first; they double. */
const PLACES_MIN = 1024
const SESSION_MAX = 0xffff_ffff

export class CallSlots<Call> {
  /** A power of two of them; a call stands at its session modulo that. */
  #calls: (Call | undefined)[]
  /** 0 where the place is free. */
  #sessions: Float64Array
  #last: number
  size = 0

  /** `places`: a power of two. */
  constructor(lastSession: number, places = PLACES_MIN) {
    this.#last = lastSession
    this.#calls = new Array(places).fill(undefined)
    this.#sessions = new Float64Array(places)
  }

  /** The session of the new call: never 0, and never one that is still open. */
  add(call: Call): number {
    if (this.size * 2 >= this.#sessions.length) this.#grow()
    const mask = this.#sessions.length - 1
    // At least half of the places are free, and so many steps lead to all of them.
    do {
      this.#last = this.#last === SESSION_MAX ? 1 : this.#last + 1
    } while (this.#sessions[this.#last & mask] !== 0)
    this.#sessions[this.#last & mask] = this.#last
    this.#calls[this.#last & mask] = call
    this.size += 1
    return this.#last
  }

  get(session: number): Call | undefined {
    const place = session & (this.#sessions.length - 1)
    return session !== 0 && this.#sessions[place] === session ? this.#calls[place] : undefined
  }

  has(session: number): boolean {
    return session !== 0 && this.#sessions[session & (this.#sessions.length - 1)] === session
  }

  delete(session: number): boolean {
    if (!this.has(session)) return false
    const place = session & (this.#sessions.length - 1)
    this.#sessions[place] = 0
    this.#calls[place] = undefined
    this.size -= 1
    return true
  }

  /** As they stand now, whatever becomes of them meanwhile. */
  entries(): [number, Call][] {
    const entries: [number, Call][] = []
    for (const session of this.#sessions) {
      const call = this.get(session)
      if (call !== undefined) entries.push([session, call])
    }
    return entries.sort(([one], [other]) => one - other)
  }

  /** Sessions that fall apart in so many places do so in twice as many. */
  #grow(): void {
    const open = this.entries()
    const places = this.#sessions.length * 2
    this.#sessions = new Float64Array(places)
    this.#calls = new Array(places).fill(undefined)
    for (const [session, call] of open) {
      this.#sessions[session & (places - 1)] = session
      this.#calls[session & (places - 1)] = call
    }
  }
}
