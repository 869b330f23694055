// How many copies a second reach many receivers of one sender.

import { totalsOf } from '../measure.js'
import { FAN_SUBJECTS, isPublished } from '../peers/fans.js'
import { missingPeer, PEER_NAMES, type PeerSubject, peerNamed, peerWindow } from '../peers/peers.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import type { RoleOptions } from '../role.js'
import type { ServerProcess } from '../server-process.js'
import { creditPath, measureEnds, PEER_MEASURES } from './peers.js'
import { burstOf } from './sizes.js'

interface ReceiversCell extends Cell {
  readonly receivers: number
}

interface Fan {
  readonly sender: RoleProcess
  readonly receivers: readonly RoleProcess[]
  readonly server: ServerProcess | undefined
}

const PAYLOAD_BYTES = 64

async function published(
  peer: PeerSubject,
  receivers: number,
  shared: RoleOptions,
  processes: ProcessGroup,
): Promise<Fan> {
  const server = await processes.startServer(peer.server ?? 'nats-server')
  const through = { ...shared, server: server.address, window: peerWindow(peer, PAYLOAD_BYTES) }
  const paths = Array.from({ length: receivers }, () => creditPath(processes))
  const sinks = await Promise.all(
    paths.map((path) => processes.start('peer-sink', { ...through, credit: [path] })),
  )
  const sender = await processes.start('peer-source', { ...through, credit: paths })
  return { sender, receivers: sinks, server }
}

async function oneByOne(
  peer: PeerSubject,
  receivers: number,
  shared: RoleOptions,
  processes: ProcessGroup,
): Promise<Fan> {
  const listen = processes.freeAddress(peer.channel ?? 'unix')
  const sender = await processes.start('peer-hub', { ...shared, listen })
  const dial = { ...shared, dial: sender.address }
  const spokes = await Promise.all(
    Array.from({ length: receivers }, () => processes.start('peer-spoke', dial)),
  )
  return { sender, receivers: spokes, server: undefined }
}

async function run(
  subject: string,
  { receivers: wanted }: ReceiversCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const peer = peerNamed(subject)
  if (peer === undefined || !('load' in peer)) throw new Error(`no subject ${subject}`)
  const shared = { peer: subject, payloadBytes: PAYLOAD_BYTES, burst: burstOf(PAYLOAD_BYTES) }
  const start = isPublished(subject) ? published : oneByOne
  const { receivers, sender, server } = await start(peer, wanted, shared, processes)
  const { measured, spent } = await measureEnds({ processes: [sender, ...receivers], server }, span)
  const perSecond = measured.slice(1).reduce((sum, one) => sum + one.perSecond, 0)
  const { cpu, rss } = totalsOf(measured, spent)
  // The last receiver has counted one copy in so many.
  return { perSecond, cpu: cpu / wanted, rss }
}

export const fanOut: Question<ReceiversCell> = {
  name: 'fan-out',
  title: 'How many copies a second reach the receivers of one sender?',
  unit: 'copies/s',
  notes: [
    '64 B. treebus, bare net: a message for each receiver, one after the other, from their parent.',
    'nats, redis: published once, copied by the server for each subscriber.',
  ],
  cells: [1, 4, 16].map((receivers) => ({
    name: `${receivers} ${receivers === 1 ? 'receiver' : 'receivers'}`,
    quick: receivers === 4,
    receivers,
  })),
  subjects: FAN_SUBJECTS,
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: PEER_MEASURES,
  readings: [
    {
      title: 'treebus unix / nats, copies/s',
      value: (round) => ratioOf(round, 'perSecond', 'treebus unix', 'nats'),
    },
  ],
  run,
}
