// What links cost while nothing is said: CPU and memory.

import { setTimeout as sleep } from 'node:timers/promises'
import { missingPeer, PEER_NAMES, peerNamed } from '../peers/peers.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import type { ServerProcess } from '../server-process.js'
import { BESIDE, OWN, type OwnSubject } from './beside.js'
import { startEnds } from './peers.js'

interface LinksCell extends Cell {
  readonly links: number
}

/** Idle costs are small: the span is this much longer than that of a busy question. */
const LONGER = 3
const MINUTE_MS = 60_000
const PAYLOAD_BYTES = 64

interface Spent {
  readonly cpuSeconds: number
  readonly peakRssMib: number
}

async function spentBy(
  processes: readonly RoleProcess[],
  server: ServerProcess | undefined,
): Promise<Spent> {
  const marks = await Promise.all(processes.map((process) => process.mark()))
  const all: Spent[] = server === undefined ? marks : [...marks, server.figures()]
  return {
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakRssMib: all.reduce((sum, { peakRssMib }) => sum + peakRssMib, 0),
  }
}

async function watch(
  processes: readonly RoleProcess[],
  server: ServerProcess | undefined,
  { measuredMs, warmUpMs }: Span,
): Promise<{ readonly cpuMsPerMinute: number; readonly rss: number }> {
  await sleep(warmUpMs)
  const before = await spentBy(processes, server)
  await sleep(measuredMs * LONGER)
  const after = await spentBy(processes, server)
  const cpuMs = (after.cpuSeconds - before.cpuSeconds) * 1_000
  return { cpuMsPerMinute: (cpuMs * MINUTE_MS) / (measuredMs * LONGER), rss: after.peakRssMib }
}

async function runPair(own: OwnSubject, span: Span, processes: ProcessGroup): Promise<Sample> {
  const listen = processes.freeAddress(own.channel)
  const shared = { payloadBytes: PAYLOAD_BYTES }
  const sink = await processes.start(`${own.kind}-sink`, { ...shared, id: 1, listen })
  const dial = sink.address
  const source = await processes.start(`${own.kind}-source`, { ...shared, id: 2, dial })
  return await watch([sink, source], undefined, span)
}

/** All links of one parent; the children share a process. */
async function runMany(
  { channel, kind }: OwnSubject,
  children: number,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const listen = processes.freeAddress(channel)
  const shared = { children, payloadBytes: PAYLOAD_BYTES }
  const parent = await processes.start(`${kind}-parent`, { ...shared, id: 1, listen })
  const before = await parent.mark()
  const below = await processes.start(`${kind}-children`, { ...shared, dial: parent.address })
  await below.ask('begin')
  await parent.arrival()
  const { cpuMsPerMinute, rss } = await watch([parent], undefined, span)
  return {
    cpuMsPerMinute,
    rss,
    cpuPerLink: cpuMsPerMinute / children,
    kibPerLink: ((rss - before.peakRssMib) * 1024) / children,
  }
}

async function run(
  subject: string,
  { links }: LinksCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const own = OWN[subject]
  if (own !== undefined && links > 1) return await runMany(own, links, span, processes)
  if (own !== undefined) return await runPair(own, span, processes)
  const peer = peerNamed(subject)
  if (peer === undefined) throw new Error(`no subject ${subject}`)
  const load = { payloadBytes: PAYLOAD_BYTES, burst: 1, window: 4 }
  const ends = await startEnds(peer, load, ['peer-source', 'peer-sink'], processes)
  return await watch(ends.processes, ends.server, span)
}

/** A ring of its own for each of a thousand links is memory that nobody would spend. */
function isAsked(subject: string, { links }: LinksCell): boolean {
  if (links === 1) return true
  return OWN[subject] !== undefined && OWN[subject].channel !== 'ring'
}

export const idle: Question<LinksCell> = {
  name: 'idle',
  title: 'What do links cost while nothing is said?',
  unit: 'ms of CPU a minute; MiB',
  notes: [
    '1 link: two processes and what stands between them, together.',
    'More: the parent alone, its children in another process; memory is what it grew by.',
    'treebus pings each link now and then; bare sockets say nothing, and notice nothing.',
  ],
  cells: [1, 100, 1_000].map((links) => ({
    name: links === 1 ? '1 link' : `${links.toLocaleString('en')} links`,
    quick: links !== 1_000,
    links,
  })),
  subjects: BESIDE,
  peers: PEER_NAMES,
  missing: missingPeer,
  isAsked,
  measures: [
    { key: 'cpuMsPerMinute', title: 'CPU ms/minute', digits: 1, spread: true },
    { key: 'rss', title: 'MiB', digits: 1, spread: true },
    { key: 'cpuPerLink', title: 'CPU ms/minute/link', digits: 3, spread: true },
    { key: 'kibPerLink', title: 'KiB/link', digits: 1, spread: true },
  ],
  readings: [
    {
      title: 'treebus unix / bare net unix, KiB/link',
      value: (round) => ratioOf(round, 'kibPerLink', 'treebus unix', 'bare net unix'),
    },
  ],
  run,
}
