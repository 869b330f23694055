// SIGINT and SIGTERM: the first asks to leave, the second does not wait.

import { EXIT } from './exit-code.js'

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const

/** `leave` gets the code of a command that was cut short. Returns what takes the handlers off. */
export function onStopSignal(leave: (exitCode: number) => void): () => void {
  let isAsked = false
  const handlers = Object.entries(SIGNALS).map(([name, code]) => {
    const handler = () => {
      if (isAsked) process.exit(code)
      isAsked = true
      leave(code)
    }
    process.on(name, handler)
    return () => process.off(name, handler)
  })
  return () => {
    for (const off of handlers) off()
  }
}
