// Calling into the user's code: what it throws is the user's, and must not leave us half way.

/**
 * Runs handlers. What they throw becomes an uncaught exception on a turn of its own, so that the
 * rest of a batch is still worked through. True also where they threw.
 */
export function runUserCode(run: () => boolean): boolean {
  try {
    return run()
  } catch (error) {
    throwLater(error)
    return true
  }
}

/** For who calls too often to make a function each time. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

/** The same for what says whether anybody took it: whoever threw has. */
export function handled(act: () => boolean): boolean {
  try {
    return act()
  } catch (error) {
    throwLater(error)
    return true
  }
}
