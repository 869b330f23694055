// How many messages a second where small and large ones follow each other.

import { DIALLING_PEERS, missingPeer, PEER_NAMES, peerNamed } from '../peers/peers.js'
import { type Cell, type Question, ratioOf } from '../question.js'
import { PEER_MEASURES, runPeerOneWay } from './peers.js'

/** As of a game's back end: mostly small, now and then a snapshot. 2.2 KiB on average. */
const SIZES = [64, 16, 256, 64, 1024, 64, 128, 16 * 1024]
const AVERAGE_BYTES = SIZES.reduce((sum, bytes) => sum + bytes, 0) / SIZES.length

export const mixedSizes: Question<Cell> = {
  name: 'mixed-sizes',
  title: 'How many messages a second where small and large ones follow each other?',
  unit: 'messages/s',
  notes: [`In turn ${SIZES.join(', ')} B; each is checked. Otherwise as one-way-peers.`],
  cells: [{ name: '16 B to 16 KiB', quick: true }],
  subjects: DIALLING_PEERS.map(({ name }) => name),
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: PEER_MEASURES,
  readings: [
    {
      title: 'treebus unix / bare net unix, messages/s',
      value: (round) => ratioOf(round, 'perSecond', 'treebus unix', 'bare net unix'),
    },
  ],
  run: (subject, _cell, span, processes) => {
    const peer = peerNamed(subject)
    if (peer === undefined) throw new Error(`no subject ${subject}`)
    return runPeerOneWay(peer, { payloadBytes: AVERAGE_BYTES, sizes: SIZES }, span, processes)
  },
}
