// The channels of a process, by scheme.
import type { Channel } from './channel.js'
import { InprocChannel } from './inproc-channel.js'
import { RingChannel } from './ring-channel.js'
import { TcpChannel } from './tcp-channel.js'
import { UnixChannel } from './unix-channel.js'

const CHANNELS: readonly Channel[] = [
  new TcpChannel(),
  new UnixChannel(),
  new RingChannel(),
  new InprocChannel(),
]

/** The channel that carries `address`, told by its scheme alone; undefined for an unknown one. */
export function channelFor(address: string): Channel | undefined {
  const end = address.indexOf('://')
  const scheme = address.slice(0, Math.max(end, 0)).toLowerCase()
  return CHANNELS.find(({ schemes }) => schemes.includes(scheme))
}
