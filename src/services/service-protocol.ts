// The bytes of the service layer: questions, answers, one-way messages and probes.
//
// All numbers are little-endian; a text is a length of 16 bits and so many bytes of UTF-8. What is
// behind the last field is the payload. Nothing is copied at reading: a payload is a view.
//
//   question  kind u8 · flags u8 · life u32 · session u32 · timeoutMs u32 · serviceId u32 ·
//             app text · instance text · name text, or u32 where flags has COMMAND · payload
//   answer    kind u8 · code u8 · life u32 · session u32 · payload, or reason text · says text

import { copyBytes } from '../wire/proto-writer.js'
import { bytesOfText, textOfBytes } from './known-texts.js'
import { type CallName, textsOf, writeText, writeWord } from './question-texts.js'

export type { CallName }

/** `STREAM`: a request of a reader of parts; see `stream-messages` for what it carries. */
export const SERVICE_KIND = { REQUEST: 1, ANSWER: 2, ONE_WAY: 3, PROBE: 4, STREAM: 5 } as const

export type QuestionKind = 1 | 3 | 4 | 5

/** What a request ended with at the other end. The numbers are on the wire. */
export const ANSWER_CODE = {
  OK: 0,
  /** The handler threw, or refused. */
  APPLICATION: 1,
  UNKNOWN_CALL: 2,
  UNKNOWN_SERVICE: 3,
  OVERLOADED: 4,
  /** The payload is not what the handler's codec reads. */
  BAD_PAYLOAD: 5,
  /** The call was run, but its answer is over the size limit. */
  ANSWER_TOO_LONG: 6,
  /** The call was run, but its codec could not write what the handler returned. */
  BAD_ANSWER: 7,
} as const

export type AnswerCode = (typeof ANSWER_CODE)[keyof typeof ANSWER_CODE]

/** Over any of these a message is refused whole. Texts of records have at most 3 bytes a unit. */
export const SERVICE_BOUNDS = {
  appBytesMax: 3 * 128,
  instanceBytesMax: 3 * 128,
  nameBytesMax: 256,
  reasonBytesMax: 128,
  saysBytesMax: 1024,
} as const

const FLAG_COMMAND = 1
const QUESTION_BYTES_MIN = 18
const ANSWER_BYTES_MIN = 10
const CODE_MAX = Math.max(...Object.values(ANSWER_CODE))

export interface Question {
  readonly kind: QuestionKind
  /** Names the life of the process that asks; the answer repeats it. */
  readonly life: number
  /** Names the question within that life; 0 for what wants no answer. */
  readonly session: number
  /** How long the other end is waited for; 0 for what wants no answer. */
  readonly timeoutMs: number
  /** The service it is for: by id, or app and instance; empty and 0 leave it open. */
  readonly serviceId: number
  readonly app: string
  readonly instance: string
  readonly name: CallName
  readonly payload: Uint8Array
}

export interface Answer {
  readonly kind: typeof SERVICE_KIND.ANSWER
  readonly code: AnswerCode
  readonly life: number
  readonly session: number
  /** Of `OK`. */
  readonly payload: Uint8Array
  /** Of everything else: a word for programs, and a sentence for people. */
  readonly reason: string
  readonly says: string
}

export type ServiceMessage = Question | Answer

const encoder = new TextEncoder()
const NOTHING = new Uint8Array(0)

/** The last name that could be sent: it is asked for again and again. */
let lawful: CallName = 0

/** Whether a name can be sent: not empty and within bounds, or a whole number of 32 bits. */
export function isCallName(name: unknown): name is CallName {
  if (name === lawful) return true
  const isLawful = isSendable(name)
  if (isLawful) lawful = name
  return isLawful
}

function isSendable(name: unknown): name is CallName {
  if (typeof name === 'number') return name === name >>> 0
  if (typeof name !== 'string' || name === '' || name.length > SERVICE_BOUNDS.nameBytesMax) {
    return false
  }
  return bytesOfText(name).length <= SERVICE_BOUNDS.nameBytesMax
}

/** Longer messages get memory of their own. */
const LENT_BYTES_MAX = 64 * 1024
const lent = new ArrayBuffer(LENT_BYTES_MAX)
/** What was lent last: messages in a row are mostly of one length. */
let lentView = new Uint8Array(lent, 0, 0)

/** Whoever sends a message copies it: memory for each would cost more than all the rest of it. */
function lend(bytes: number): Uint8Array {
  if (bytes > LENT_BYTES_MAX) return new Uint8Array(bytes)
  if (lentView.length !== bytes) lentView = new Uint8Array(lent, 0, bytes)
  return lentView
}

/** The texts must be within `SERVICE_BOUNDS`. Valid until the next message is written. */
export function writeQuestion(question: Question): Uint8Array {
  const { payload } = question
  const named = textsOf(question)
  const bytes = lend(QUESTION_BYTES_MIN + named.length + payload.length)
  bytes[0] = question.kind
  bytes[1] = typeof question.name === 'string' ? 0 : FLAG_COMMAND
  writeWord(bytes, 2, question.life)
  writeWord(bytes, 6, question.session)
  writeWord(bytes, 10, question.timeoutMs)
  writeWord(bytes, 14, question.serviceId)
  const at = copyBytes(bytes, QUESTION_BYTES_MIN, named, 0, named.length)
  copyBytes(bytes, at, payload, 0, payload.length)
  return bytes
}

export interface AnswerHead {
  readonly code: AnswerCode
  readonly life: number
  readonly session: number
}

/** Valid until the next message is written. */
export function writeResult(head: AnswerHead, payload: Uint8Array): Uint8Array {
  const bytes = lend(ANSWER_BYTES_MIN + payload.length)
  copyBytes(bytes, writeAnswerHead(bytes, head), payload, 0, payload.length)
  return bytes
}

/** Whatever it is. Valid until the next message is written. */
export function writeMessage(message: ServiceMessage): Uint8Array {
  if (message.kind !== SERVICE_KIND.ANSWER) return writeQuestion(message)
  if (message.code === ANSWER_CODE.OK) return writeResult(message, message.payload)
  return writeFailure(message, message.reason, message.says)
}

/** Texts over their bounds are cut: a sentence that is too long must not hide the failure. */
export function writeFailure(head: AnswerHead, reason: string, says: string): Uint8Array {
  const reasonBytes = cut(reason, SERVICE_BOUNDS.reasonBytesMax)
  const saysBytes = cut(says, SERVICE_BOUNDS.saysBytesMax)
  const bytes = new Uint8Array(ANSWER_BYTES_MIN + 4 + reasonBytes.length + saysBytes.length)
  writeText(bytes, writeText(bytes, writeAnswerHead(bytes, head), reasonBytes), saysBytes)
  return bytes
}

function writeAnswerHead(bytes: Uint8Array, { code, life, session }: AnswerHead): number {
  bytes[0] = SERVICE_KIND.ANSWER
  bytes[1] = code
  writeWord(bytes, 2, life)
  return writeWord(bytes, 6, session)
}

/** At a boundary of characters. */
function cut(text: string, bytesMax: number): Uint8Array {
  const bytes = encoder.encode(text.slice(0, bytesMax))
  if (bytes.length <= bytesMax) return bytes
  let end = bytesMax
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

/** Undefined for what no sender of ours writes. It lies in `bytes` from `start` to `end`. */
export function readServiceMessage(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): ServiceMessage | undefined {
  const kind = start < end ? bytes[start] : 0
  switch (kind) {
    case SERVICE_KIND.REQUEST:
    case SERVICE_KIND.ONE_WAY:
    case SERVICE_KIND.PROBE:
    case SERVICE_KIND.STREAM:
      return readQuestion(kind, bytes, start, end)
    case SERVICE_KIND.ANSWER:
      return readAnswer(bytes, start, end)
    default:
      return undefined
  }
}

function readQuestion(
  kind: QuestionKind,
  bytes: Uint8Array,
  start: number,
  end: number,
): Question | undefined {
  if (end - start < QUESTION_BYTES_MIN) return undefined
  const flags = bytes[start + 1]!
  if ((flags & ~FLAG_COMMAND) !== 0) return undefined
  const fields = texts.read(bytes, start + QUESTION_BYTES_MIN, end)
  const app = fields.next(SERVICE_BOUNDS.appBytesMax)
  const instance = fields.next(SERVICE_BOUNDS.instanceBytesMax)
  const isCommand = (flags & FLAG_COMMAND) !== 0
  const name = isCommand ? fields.word() : fields.next(SERVICE_BOUNDS.nameBytesMax)
  if (app === undefined || instance === undefined || name === undefined) return undefined
  const session = readWord(bytes, start + 6)
  // Zero names nothing, so it cannot be answered; and a one-way message must not be.
  if ((session === 0) !== (kind === SERVICE_KIND.ONE_WAY)) return undefined
  return {
    kind,
    life: readWord(bytes, start + 2),
    session,
    timeoutMs: readWord(bytes, start + 10),
    serviceId: readWord(bytes, start + 14),
    app,
    instance,
    name,
    payload: viewOf(bytes, fields.position, end),
  }
}

function readAnswer(bytes: Uint8Array, start: number, end: number): Answer | undefined {
  if (end - start < ANSWER_BYTES_MIN || bytes[start + 1]! > CODE_MAX) return undefined
  const kind = SERVICE_KIND.ANSWER
  const code = bytes[start + 1] as AnswerCode
  const life = readWord(bytes, start + 2)
  const session = readWord(bytes, start + 6)
  if (code === ANSWER_CODE.OK) {
    const payload = viewOf(bytes, start + ANSWER_BYTES_MIN, end)
    return { kind, code, life, session, payload, reason: '', says: '' }
  }
  const fields = texts.read(bytes, start + ANSWER_BYTES_MIN, end)
  const reason = fields.next(SERVICE_BOUNDS.reasonBytesMax)
  const says = fields.next(SERVICE_BOUNDS.saysBytesMax)
  if (reason === undefined || says === undefined) return undefined
  return { kind, code, life, session, payload: NOTHING, reason, says }
}

/** A third of the time of `subarray`. */
function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

class TextReader {
  #bytes: Uint8Array = NOTHING
  #endsAt = 0
  position = 0

  read(bytes: Uint8Array, position: number, end: number): this {
    this.#bytes = bytes
    this.#endsAt = end
    this.position = position
    return this
  }

  /** Undefined, then and ever after, where the bytes do not hold such a text. */
  next(bytesMax: number): string | undefined {
    const start = this.position + 2
    if (start > this.#endsAt) return this.#end()
    const length = this.#bytes[start - 2]! | (this.#bytes[start - 1]! << 8)
    if (length > bytesMax || start + length > this.#endsAt) return this.#end()
    this.position = start + length
    return textOfBytes(this.#bytes, start, length) ?? this.#end()
  }

  word(): number | undefined {
    const start = this.position
    if (start + 4 > this.#endsAt) return this.#end()
    this.position = start + 4
    return readWord(this.#bytes, start)
  }

  #end(): undefined {
    this.position = Number.POSITIVE_INFINITY
    return undefined
  }
}

/** The one reader there is: of one message at a time. */
const texts = new TextReader()

function readWord(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
  return (low | (bytes[at + 3]! << 24)) >>> 0
}
