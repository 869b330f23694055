// How many messages a second a process sends another, by treebus and by what one would use instead.

import { missingPeer, PEER_NAMES, peerNamed } from '../peers/peers.js'
import { type Aim, type Cell, type Question, ratioOf } from '../question.js'
import { BESIDE_ONE_WAY, OWN_ONE_WAY, RIVALS } from './beside.js'
import { runOneWay } from './one-way.js'
import { PEER_MEASURES, runPeerOneWay } from './peers.js'
import { sizeName } from './sizes.js'

interface SizeCell extends Cell {
  readonly payloadBytes: number
}

const SIZES = [16, 64, 1024, 16 * 1024, 64 * 1024, 1024 * 1024]
const QUICK_SIZES = new Set([64, 64 * 1024])

/** Of issue 6, at 64 B: how many times a peer's messages a second, each in its fastest form. */
const AIMS: ReadonlyArray<readonly [subject: string, peer: string, least: number]> = [
  ['treebus ring batches', 'zeromq ipc', 30],
  ['treebus ring batches', 'nats', 15],
  ['treebus ring batches', 'MessagePort', 8],
  ['treebus unix batches', 'zeromq ipc', 8],
  ['treebus tcp batches', 'zeromq tcp', 8],
  ['treebus unix batches', 'nats', 4],
  ['treebus tcp batches', 'nats', 4],
]

type Round = Parameters<typeof ratioOf>[0]

export const oneWayPeers: Question<SizeCell> = {
  name: 'one-way-peers',
  title: 'How many messages a second, beside what one would use instead?',
  unit: 'messages/s',
  notes: [
    'CPU and memory are of all processes of a subject together, its server included.',
    'What each subject does for a message: docs/benchmarks.md.',
  ],
  cells: SIZES.map((payloadBytes) => ({
    name: sizeName(payloadBytes),
    quick: QUICK_SIZES.has(payloadBytes),
    payloadBytes,
  })),
  subjects: BESIDE_ONE_WAY,
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: PEER_MEASURES,
  readings: [
    ...AIMS.map(([subject, peer, value]) => ({
      title: `${subject} / ${peer}, messages/s`,
      value: (round: Round) => ratioOf(round, 'perSecond', subject, peer),
      aim: ({ payloadBytes }: SizeCell): Aim | undefined =>
        payloadBytes === 64 ? { kind: 'at_least', value } : undefined,
    })),
    ...RIVALS.map((peer) => ({
      title: `treebus unix / ${peer}, CPU`,
      value: (round: Round) => ratioOf(round, 'cpu', 'treebus unix', peer),
      aim: (): Aim => ({ kind: 'at_most', value: 1 }),
    })),
  ],
  run: (subject, { payloadBytes }, span, processes) => {
    const own = OWN_ONE_WAY[subject]
    if (own !== undefined) {
      return runOneWay(own.kind, { ...own, payloadBytes }, span, processes)
    }
    const peer = peerNamed(subject)
    if (peer === undefined) throw new Error(`no subject ${subject}`)
    return runPeerOneWay(peer, { payloadBytes }, span, processes)
  },
}
