// How long a request and its reply take, by treebus and by what one would use instead.

import { missingPeer, PEER_NAMES, peerNamed } from '../peers/peers.js'
import { type Aim, type Cell, type Question, ratioOf } from '../question.js'
import { BESIDE, OWN, RIVALS } from './beside.js'
import { runPeerRequests } from './peers.js'
import { LATENCY_MEASURES, runRequests } from './request-reply.js'
import { sizeName } from './sizes.js'

interface LoadCell extends Cell {
  readonly payloadBytes: number
  readonly inFlight: number
}

const LOADS = [
  { payloadBytes: 64, inFlight: 1 },
  { payloadBytes: 64, inFlight: 64 },
  { payloadBytes: 64, inFlight: 256 },
  { payloadBytes: 64 * 1024, inFlight: 1 },
]

const BELOW: Aim = { kind: 'at_most', value: 1 }

export const requestPeers: Question<LoadCell> = {
  name: 'request-peers',
  title: 'How long do a request and its reply take, beside what one would use instead?',
  unit: 'µs',
  notes: [
    'Closed loop: each reply is followed by the next request.',
    'CPU and memory are of all processes of a subject together, its server included.',
    'What each subject does for a message: docs/benchmarks.md.',
  ],
  cells: LOADS.map(({ inFlight, payloadBytes }) => ({
    name: `${sizeName(payloadBytes)}, ${inFlight} in flight`,
    quick: payloadBytes === 64 && inFlight <= 64,
    inFlight,
    payloadBytes,
  })),
  subjects: BESIDE,
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: [
    ...LATENCY_MEASURES.filter(({ key }) => !key.endsWith('Cpu')),
    { key: 'cpu', title: 'CPU s/M', digits: 2, spread: true },
    { key: 'rss', title: 'MiB', digits: 0, spread: false },
  ],
  readings: [
    {
      title: 'treebus unix / bare net unix, p50',
      value: (round) => ratioOf(round, 'p50Us', 'treebus unix', 'bare net unix'),
      aim: ({ inFlight, payloadBytes }) =>
        inFlight === 1 && payloadBytes === 64 ? { kind: 'at_most', value: 1.15 } : undefined,
    },
    ...RIVALS.map((peer) => ({
      title: `treebus unix / ${peer}, p50`,
      value: (round: Parameters<typeof ratioOf>[0]) =>
        ratioOf(round, 'p50Us', 'treebus unix', peer),
      aim: () => BELOW,
    })),
  ],
  run: (subject, load, span, processes) => {
    const own = OWN[subject]
    if (own !== undefined) {
      return runRequests(own.kind, { ...load, channel: own.channel }, span, processes)
    }
    const peer = peerNamed(subject)
    if (peer === undefined) throw new Error(`no subject ${subject}`)
    return runPeerRequests(peer, load, span, processes)
  },
}
