// What a thrown value says of itself: anything may be thrown, and reading it may throw again.

const NO_WORDS = 'something was thrown that says nothing'

/** Its message, or what it is as a text. Never throws. */
export function saysOf(thrown: unknown): string {
  try {
    const says: unknown = thrown instanceof Error ? thrown.message : thrown
    return typeof says === 'string' ? says : String(says)
  } catch {
    return NO_WORDS
  }
}

/** Its `code` where that is a text, else the name of the error; `ERROR` for all else. */
export function codeOf(thrown: unknown): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return 'ERROR'
    if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
    const name: unknown = thrown instanceof Error ? thrown.name : undefined
    return typeof name === 'string' ? name : 'ERROR'
  } catch {
    return 'ERROR'
  }
}
