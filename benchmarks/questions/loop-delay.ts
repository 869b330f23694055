// By how much the loop of a receiver is late while another sends as fast as it can.

import { DIALLING_PEERS, missingPeer, PEER_NAMES, peerNamed, peerWindow } from '../peers/peers.js'
import type { ProcessGroup } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { measureEnds, startReceiver } from './peers.js'
import { burstOf, sizeName } from './sizes.js'

interface SizeCell extends Cell {
  readonly payloadBytes: number
}

async function run(
  subject: string,
  { payloadBytes }: SizeCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const peer = peerNamed(subject)
  if (peer === undefined || !('load' in peer)) throw new Error(`no subject ${subject}`)
  const window = peerWindow(peer, payloadBytes)
  const load = { payloadBytes, burst: burstOf(payloadBytes), window, watchesLoop: true }
  const { receiver, server, toSend } = await startReceiver(peer, load, processes)
  const source = await processes.start('peer-source', toSend)
  const { measured } = await measureEnds({ processes: [source, receiver], server }, span)
  const received = measured.at(-1)
  return { ...received?.last.figures, perSecond: received?.perSecond ?? Number.NaN }
}

export const loopDelay: Question<SizeCell> = {
  name: 'loop-delay',
  title: 'By how much is the loop of a receiver late while it is loaded?',
  unit: 'ms',
  notes: ['A timer of 1 ms in the receiver; one sender as in one-way-peers.'],
  cells: [64, 64 * 1024].map((payloadBytes) => ({
    name: sizeName(payloadBytes),
    quick: payloadBytes === 64,
    payloadBytes,
  })),
  subjects: DIALLING_PEERS.map(({ name }) => name),
  peers: PEER_NAMES,
  missing: missingPeer,
  measures: [
    { key: 'loopP50Ms', title: 'p50 ms', digits: 2, spread: true },
    { key: 'loopP99Ms', title: 'p99 ms', digits: 2, spread: true },
    { key: 'loopMaxMs', title: 'most ms', digits: 2, spread: true },
    { key: 'perSecond', title: 'messages/s', digits: 0, spread: false },
  ],
  readings: [
    {
      title: 'treebus unix / bare net unix, p99',
      value: (round) => ratioOf(round, 'loopP99Ms', 'treebus unix', 'bare net unix'),
    },
  ],
  run,
}
