// The thread behind a MessagePort: counts what arrives and grants credit, or answers.

import { parentPort, workerData } from 'node:worker_threads'
import type { RoleOptions } from '../role.js'
import { CreditCounter } from './credit.js'

const options = workerData as RoleOptions & { readonly mode: 'sink' | 'answerer' }
const port = parentPort
if (port === null) throw new Error('not a worker')

if (options.mode === 'answerer') port.on('message', (payload) => port.postMessage(payload))
else {
  const credit = new CreditCounter(options, (messages) => port.postMessage(messages))
  port.on('message', (views: Uint8Array[]) => {
    for (const view of views) credit.arrived(view.length)
  })
}
port.postMessage('ready')
