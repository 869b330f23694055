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

export interface Ends {
  readonly processes: readonly RoleProcess[]
  readonly server: ServerProcess | undefined
}

export async function startEnds(
  peer: Subject,
  options: RoleOptions,
  [first, last]: readonly [string, string],
  processes: ProcessGroup,
): Promise<Ends> {
  const shared = { ...options, peer: peer.name }
  if (!('load' in peer)) {
    return { processes: [await processes.start('peer-pair', shared)], server: undefined }
  }
  const server = peer.server === undefined ? undefined : await processes.startServer(peer.server)
  const through = server === undefined ? {} : { server: server.address }
  const at = peer.channel === undefined ? {} : { listen: processes.freeAddress(peer.channel) }
  const receiver = await processes.start(last, { ...shared, ...through, ...at })
  const to = receiver.address === '' ? {} : { dial: receiver.address }
  const sender = await processes.start(first, { ...shared, ...through, ...to })
  return { processes: [sender, receiver], server }
}

/** The last process counts what arrived. */
async function measureEnds({ processes, server }: Ends, span: Span) {
  await processes[0]?.ask('begin')
  await sleep(span.warmUpMs)
  const before = server?.figures()
  const measured = await measure(processes, { ...span, warmUpMs: 0 })
  const after = server?.figures()
  const spent =
    before === undefined || after === undefined
      ? undefined
      : { cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakRssMib: after.peakRssMib }
  return { measured, totals: totalsOf(measured, spent) }
}

export async function runPeerOneWay(
  peer: Subject,
  payloadBytes: number,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const window = peerWindow(peer, payloadBytes)
  const load = { payloadBytes, burst: burstOf(payloadBytes), window }
  const path = processes.freeAddress('unix').slice('unix://'.length)
  const credit = window > 0 ? { credit: path } : {}
  const roles = ['peer-source', 'peer-sink'] as const
  const ends = await startEnds(peer, { ...load, ...credit }, roles, processes)
  const { measured, totals } = await measureEnds(ends, span)
  return { perSecond: measured.at(-1)?.perSecond ?? Number.NaN, ...totals }
}

export async function runPeerRequests(
  peer: Subject,
  load: { readonly payloadBytes: number; readonly inFlight: number },
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const ends = await startEnds(peer, load, ['peer-caller', 'peer-answerer'], processes)
  const { measured, totals } = await measureEnds(ends, span)
  const [called] = measured
  if (called?.last.latency === undefined) throw new Error('no latency')
  return { ...called.last.latency, pairsPerSecond: called.perSecond, ...totals }
}
