// What encryption costs one way over tcp.

import { CIPHER_NAMES } from '../../src/wire/ciphers.js'
import type { Question } from '../question.js'
import { ratioOf } from '../question.js'
import { ONE_WAY_MEASURES, type OneWayCell, runOneWay } from './one-way.js'
import { sizeName } from './sizes.js'

const CLEAR = 'clear'
/** The two that a user would take; `--quick` asks these. */
const USUAL: readonly string[] = ['aes-256-gcm', 'chacha20-poly1305-ietf']

const SIZES = [64, 16 * 1024]

interface CipherCell extends OneWayCell {
  readonly every: boolean
}

export const encrypted: Question<CipherCell> = {
  name: 'encrypted',
  title: 'What does encryption cost?',
  unit: 'messages/s',
  notes: ['As one-way, treebus alone; keys by X25519, one token.'],
  cells: [false, true].flatMap((every) =>
    SIZES.map((payloadBytes) => ({
      name: `${sizeName(payloadBytes)} tcp${every ? ', every cipher' : ''}`,
      quick: !every,
      channel: 'tcp' as const,
      payloadBytes,
      every,
    })),
  ),
  subjects: [CLEAR, ...CIPHER_NAMES],
  isAsked: (subject, { every }) => every || subject === CLEAR || USUAL.includes(subject),
  measures: ONE_WAY_MEASURES,
  readings: CIPHER_NAMES.map((cipher) => ({
    title: `${cipher} / clear, messages/s`,
    value: (round) => ratioOf(round, 'perSecond', cipher, CLEAR),
  })),
  run: (subject, cell, span, processes) =>
    runOneWay('treebus', cell, span, processes, subject === CLEAR ? undefined : subject),
}
