// A stream of bytes cut into lines, with a bound on what one line may hold.

const LINE_FEED = 0x0a

/** `number` counts from 1. `content` is undefined for a line over the bound: it was skipped. */
export interface Line {
  readonly number: number
  readonly content: Buffer | undefined
}

/**
 * Reads on only as the lines are taken. Bytes are kept as they are but for the line feed; a last
 * line without one counts, an empty rest does not.
 */
export async function* readLines(
  stream: AsyncIterable<Buffer | string>,
  lineBytesMax: number,
): AsyncGenerator<Line> {
  const partial = new PartialLine(lineBytesMax)
  let number = 0
  for await (const piece of stream) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      partial.add(chunk.subarray(start, end))
      yield { number: ++number, content: partial.take() }
      start = end + 1
    }
    partial.add(chunk.subarray(start))
  }
  if (partial.isBegun) yield { number: ++number, content: partial.take() }
}

class PartialLine {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isBegun(): boolean {
    return this.#bytes > 0
  }

  add(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > this.#bytesMax) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }

  take(): Buffer | undefined {
    const [only] = this.#pieces
    const whole = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces)
    const isLawful = this.#bytes <= this.#bytesMax
    this.#pieces = []
    this.#bytes = 0
    return isLawful ? whole : undefined
  }
}
