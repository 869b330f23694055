// child_process: a forked child, advanced serialization, arrays of payloads in one message.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RoleOptions } from '../role.js'
import type { PairPeer } from './peer.js'
import { type HalfMode, type PostOffice, postingPair } from './posting.js'

const ENTRY = fileURLToPath(new URL('./ipc-receiver.js', import.meta.url))

let child: ChildProcess | undefined

async function startChild(mode: HalfMode, options: RoleOptions): Promise<PostOffice> {
  const forked = fork(ENTRY, [JSON.stringify({ ...options, mode })], { serialization: 'advanced' })
  child = forked
  await once(forked, 'message')
  forked.on('exit', () => process.exit(1))
  return {
    hear: (heard) => forked.on('message', heard as (message: unknown) => void),
    post: (message) => forked.send(message as Uint8Array | Uint8Array[]),
  }
}

export const childIpc: PairPeer = {
  ...postingPair(startChild),
  otherPid: () => child?.pid ?? 0,
}
