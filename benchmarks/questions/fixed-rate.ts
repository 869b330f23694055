// How long requests take that come at a fixed rate, whatever became of those before.

import { missingPeer, PEER_NAMES, peerNamed } from '../peers/peers.js'
import { type Cell, type Question, ratioOf } from '../question.js'
import { BESIDE } from './beside.js'
import { runPeerRequests } from './peers.js'
import { LATENCY_MEASURES } from './request-reply.js'

interface RateCell extends Cell {
  readonly ratePerSecond: number
}

const PAYLOAD_BYTES = 64
/** Requests that may be on their way; a subject that is further behind cannot keep the rate. */
const IN_FLIGHT_MAX = 16_384

export const fixedRate: Question<RateCell> = {
  name: 'fixed-rate',
  title: 'How long do requests take that come at a fixed rate?',
  unit: 'µs',
  notes: [
    'Each request is due at a time of its own, and its latency runs from there: what waits behind a',
    '  stall is late, and is counted. The caller turns its loop without rest, so replies find it awake.',
  ],
  cells: [1_000, 10_000].map((ratePerSecond) => ({
    name: `${ratePerSecond.toLocaleString('en')} a second`,
    quick: ratePerSecond === 1_000,
    ratePerSecond,
  })),
  subjects: BESIDE,
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: LATENCY_MEASURES.filter(({ key }) => !key.endsWith('Cpu')),
  readings: [
    {
      title: 'treebus unix / zeromq ipc, p99.9',
      value: (round) => ratioOf(round, 'p999Us', 'treebus unix', 'zeromq ipc'),
    },
  ],
  run: (subject, { ratePerSecond }, span, processes) => {
    const peer = peerNamed(subject)
    if (peer === undefined) throw new Error(`no subject ${subject}`)
    const load = { payloadBytes: PAYLOAD_BYTES, inFlight: IN_FLIGHT_MAX, ratePerSecond }
    return runPeerRequests(peer, load, span, processes)
  },
}
