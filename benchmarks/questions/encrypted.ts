// What encryption costs one way over tcp.

import type { Question } from '../question.js'
import { ratioOf } from '../question.js'
import { ONE_WAY_MEASURES, type OneWayCell, runOneWay } from './one-way.js'
import { sizeName } from './sizes.js'

const CIPHERS: Readonly<Record<string, string | undefined>> = {
  clear: undefined,
  'aes-256-gcm': 'aes-256-gcm',
  'chacha20-poly1305': 'chacha20-poly1305-ietf',
}

const SIZES = [64, 16 * 1024]

export const encrypted: Question<OneWayCell> = {
  name: 'encrypted',
  title: 'What does encryption cost?',
  unit: 'messages/s',
  notes: ['As one-way, treebus alone; keys by X25519, one token.'],
  cells: SIZES.map((payloadBytes) => ({
    name: `${sizeName(payloadBytes)} tcp`,
    quick: true,
    channel: 'tcp',
    payloadBytes,
  })),
  subjects: Object.keys(CIPHERS),
  measures: ONE_WAY_MEASURES,
  readings: ['aes-256-gcm', 'chacha20-poly1305'].map((cipher) => ({
    title: `${cipher} / clear, messages/s`,
    value: (round) => ratioOf(round, 'perSecond', cipher, 'clear'),
  })),
  run: (subject, cell, span, processes) =>
    runOneWay('treebus', cell, span, processes, CIPHERS[subject]),
}
