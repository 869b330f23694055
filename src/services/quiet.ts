// Waits until nothing has been worked on for a while, with an end.

export interface Quiet {
  readonly isIdle: () => boolean
  /** Takes what is to be called whenever nothing is worked on any more. */
  readonly onIdle: (idle: (() => void) | undefined) => void
  readonly quietMs: number
  readonly timeoutMs: number
}

/** Resolves with false where the time was over first. */
export function untilQuiet({ isIdle, onIdle, quietMs, timeoutMs }: Quiet): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isQuiet: boolean): void => {
      clearTimeout(quiet)
      clearTimeout(end)
      onIdle(undefined)
      resolve(isQuiet)
    }
    const look = (): void => {
      if (isIdle()) settle(true)
      else onIdle(() => settle(true))
    }
    const end = setTimeout(() => settle(false), timeoutMs)
    const quiet = setTimeout(look, quietMs)
  })
}
