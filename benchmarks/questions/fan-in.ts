// How many messages a second one process takes from many.

import { totalsOf } from '../measure.js'
import {
  DIALLING_PEERS,
  missingPeer,
  PEER_NAMES,
  type PeerSubject,
  peerWindow,
} from '../peers/peers.js'
import type { ProcessGroup } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { measureEnds, PEER_MEASURES, startReceiver } from './peers.js'
import { burstOf } from './sizes.js'

interface SendersCell extends Cell {
  readonly senders: number
}

const PAYLOAD_BYTES = 64

function subjectNamed(name: string): PeerSubject {
  const peer = DIALLING_PEERS.find((candidate) => candidate.name === name)
  if (peer === undefined) throw new Error(`no subject ${name}`)
  return peer
}

async function run(
  subject: string,
  { senders }: SendersCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const peer = subjectNamed(subject)
  const window = peerWindow(peer, PAYLOAD_BYTES)
  const load = { payloadBytes: PAYLOAD_BYTES, burst: burstOf(PAYLOAD_BYTES), senders, window }
  const { receiver, server, toSend } = await startReceiver(peer, load, processes)
  const sources = await Promise.all(
    Array.from({ length: senders }, () => processes.start('peer-source', toSend)),
  )
  const ends = { processes: [...sources, receiver], senders, server }
  const { measured, spent } = await measureEnds(ends, span)
  const perSecond = measured.at(-1)?.perSecond ?? Number.NaN
  return { perSecond, ...totalsOf(measured, spent) }
}

export const fanIn: Question<SendersCell> = {
  name: 'fan-in',
  title: 'How many messages a second does one process take from many?',
  unit: 'messages/s',
  notes: ['64 B; as one-way-peers, with so many sending processes. CPU and memory of all of them.'],
  cells: [1, 4, 16].map((senders) => ({
    name: `${senders} ${senders === 1 ? 'sender' : 'senders'}`,
    quick: senders === 4,
    senders,
  })),
  subjects: DIALLING_PEERS.map(({ name }) => name),
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: PEER_MEASURES,
  readings: [
    {
      title: 'treebus unix / zeromq ipc, messages/s',
      value: (round) => ratioOf(round, 'perSecond', 'treebus unix', 'zeromq ipc'),
    },
  ],
  run,
}
