// The forked child of the ipc peer: counts what arrives and grants credit, or answers.

import type { RoleOptions } from '../role.js'
import { CreditCounter } from './credit.js'

const options = JSON.parse(process.argv[2] ?? '{}') as RoleOptions & { readonly mode: string }
const tell = (value: unknown): void => void process.send?.(value)

if (options.mode === 'answerer') process.on('message', tell)
else {
  const credit = new CreditCounter(options, tell)
  process.on('message', (views: Uint8Array[]) => {
    for (const view of views) credit.arrived(view.length)
  })
}
// Without its parent nobody would end this process.
process.on('disconnect', () => process.exit(0))
tell('ready')
