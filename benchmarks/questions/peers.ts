// One peer on one piece of work: which processes it takes, and what they all spent together.

import { setTimeout as sleep } from 'node:timers/promises'
import { measure, totalsOf } from '../measure.js'
import { type PairSubject, type PeerSubject, peerWindow } from '../peers/peers.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import type { Sample, Span } from '../question.js'
import type { RoleOptions } from '../role.js'
import type { ServerProcess } from '../server-process.js'
import { burstOf } from './sizes.js'

type Subject = PeerSubject | PairSubject

export const PEER_MEASURES = [
  { key: 'perSecond', title: 'messages/s', digits: 0, spread: true },
  { key: 'cpu', title: 'CPU s/M', digits: 2, spread: true },
  { key: 'rss', title: 'MiB', digits: 0, spread: false },
]

export interface Ends {
  readonly processes: readonly RoleProcess[]
  /** So many of the first send; one where it is absent. */
  readonly senders?: number
  readonly server: ServerProcess | undefined
}

export async function startEnds(
  peer: Subject,
  options: RoleOptions,
  [first, last]: readonly [string, string],
  processes: ProcessGroup,
): Promise<Ends> {
  if (!('load' in peer)) {
    const shared = { ...options, peer: peer.name }
    return { processes: [await processes.start('peer-pair', shared)], server: undefined }
  }
  const { receiver, server, toSend } = await startReceiver(peer, options, processes, last)
  return { processes: [await processes.start(first, toSend), receiver], server }
}

export interface Receiver {
  readonly receiver: RoleProcess
  readonly server: ServerProcess | undefined
  /** Options of whoever sends to it. */
  readonly toSend: RoleOptions
}

/** With a window, the sender is given credit by a socket beside the peer. */
export async function startReceiver(
  peer: PeerSubject,
  options: RoleOptions,
  processes: ProcessGroup,
  role = 'peer-sink',
): Promise<Receiver> {
  const server = peer.server === undefined ? undefined : await processes.startServer(peer.server)
  const through = server === undefined ? {} : { server: server.address }
  const credit = (options.window ?? 0) > 0 ? { credit: [creditPath(processes)] } : {}
  const shared = { ...options, ...through, ...credit, peer: peer.name }
  const at = peer.channel === undefined ? {} : { listen: processes.freeAddress(peer.channel) }
  const receiver = await processes.start(role, { ...shared, ...at })
  const to = receiver.address === '' ? {} : { dial: receiver.address }
  return { receiver, server, toSend: { ...shared, ...to } }
}

/** The last process counts what arrived. */
export async function measureEnds({ processes, senders = 1, server }: Ends, span: Span) {
  await Promise.all(processes.slice(0, senders).map((process) => process.ask('begin')))
  await sleep(span.warmUpMs)
  const before = server?.figures()
  const measured = await measure(processes, { ...span, warmUpMs: 0 })
  const after = server?.figures()
  const spent =
    before === undefined || after === undefined
      ? undefined
      : { cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakRssMib: after.peakRssMib }
  return { measured, spent, totals: totalsOf(measured, spent) }
}

export function creditPath(processes: ProcessGroup): string {
  return processes.freeAddress('unix').slice('unix://'.length)
}

export async function runPeerOneWay(
  peer: Subject,
  what: Pick<RoleOptions, 'sizes'> & { readonly payloadBytes: number },
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const { payloadBytes } = what
  const window = peerWindow(peer, payloadBytes)
  const load = { ...what, burst: burstOf(payloadBytes), window }
  const roles = ['peer-source', 'peer-sink'] as const
  const ends = await startEnds(peer, load, roles, processes)
  const { measured, totals } = await measureEnds(ends, span)
  return { perSecond: measured.at(-1)?.perSecond ?? Number.NaN, ...totals }
}

export async function runPeerRequests(
  peer: Subject,
  load: {
    readonly payloadBytes: number
    readonly inFlight: number
    readonly ratePerSecond?: number
  },
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const ends = await startEnds(peer, load, ['peer-caller', 'peer-answerer'], processes)
  const { measured, totals } = await measureEnds(ends, span)
  const [called] = measured
  if (called?.last.latency === undefined) throw new Error('no latency')
  return { ...called.last.latency, pairsPerSecond: called.perSecond, ...totals }
}
