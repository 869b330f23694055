// How a call can end: one tagged value for each way, and the error that stands for it.

import { BusError, type BusErrorCode, unreachable } from '../errors.js'

/** Nobody ran the call: whether the same one may be made again is for its maker to say. */
export type UnreachableReason = 'no_service' | 'no_route' | 'full' | 'closed' | 'undelivered'

/** Nobody ran the call, and nobody would if it were made again as it is. */
export type RefusedReason =
  | 'unknown_call'
  | 'bad_payload'
  | 'too_long'
  | 'bad_selector'
  | 'unsupported'

/**
 * ok           the answer
 * timeout      no answer in time; whether it ran is not known
 * unreachable  nobody there, or no way there: it did not run
 * overloaded   refused by the target or on its behalf, for now: it did not run
 * application  the handler threw or refused; `code` and `says` are its words
 * unknown      the way to the target ended after the call had left: it may have run or not
 * refused      it can never work: no such call, a payload that is not one, one that is too long
 * bad_answer   it ran, but its answer could not be carried or read
 * aborted      its maker gave up: a signal, a scope, or a cluster that was closed
 */
export type CallOutcome<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly node: bigint }
  | { readonly kind: 'timeout'; readonly says: string }
  | { readonly kind: 'unreachable'; readonly reason: UnreachableReason; readonly says: string }
  | { readonly kind: 'overloaded'; readonly says: string }
  | { readonly kind: 'application'; readonly code: string; readonly says: string }
  | { readonly kind: 'unknown'; readonly says: string }
  | {
      readonly kind: 'refused'
      readonly reason: RefusedReason
      readonly says: string
      readonly cause?: unknown
    }
  | { readonly kind: 'bad_answer'; readonly says: string; readonly cause?: unknown }
  | { readonly kind: 'aborted'; readonly says: string; readonly cause?: unknown }

export type CallFailure = Exclude<CallOutcome<never>, { kind: 'ok' }>

const CODE_OF_REFUSAL: Readonly<Record<RefusedReason, BusErrorCode>> = {
  unknown_call: 'UNSUPPORTED',
  unsupported: 'UNSUPPORTED',
  bad_payload: 'BAD_MESSAGE',
  too_long: 'MESSAGE_TOO_LONG',
  bad_selector: 'BAD_ARGUMENT',
}

const CODE_OF_UNREACHABLE: Readonly<Record<UnreachableReason, BusErrorCode>> = {
  no_service: 'NO_SERVICE',
  no_route: 'NO_ROUTE',
  full: 'FULL',
  closed: 'NODE_CLOSED',
  undelivered: 'NO_ROUTE',
}

function codeOf(failure: CallFailure): BusErrorCode {
  switch (failure.kind) {
    case 'timeout':
      return 'TIMEOUT'
    case 'unreachable':
      return CODE_OF_UNREACHABLE[failure.reason]
    case 'overloaded':
      return 'OVERLOADED'
    case 'application':
      return 'REMOTE'
    case 'unknown':
      return 'LINK_LOST'
    case 'refused':
      return CODE_OF_REFUSAL[failure.reason]
    case 'bad_answer':
      return 'BAD_MESSAGE'
    case 'aborted':
      return 'ABORTED'
    default:
      return unreachable(failure)
  }
}

/** For who prefers exceptions: `cause` is the outcome itself. */
export function errorOf(failure: CallFailure): BusError {
  return new BusError(codeOf(failure), failure.says, { cause: failure })
}

/** The value, or throws what `errorOf` makes of the failure. */
export function answerOf<T>(outcome: CallOutcome<T>): T {
  if (outcome.kind === 'ok') return outcome.value
  throw errorOf(outcome)
}

/** The outcome behind an error of `invoke`; undefined for any other error. */
export function outcomeOf(error: unknown): CallFailure | undefined {
  if (!(error instanceof BusError)) return undefined
  const { cause } = error
  const isOutcome = typeof cause === 'object' && cause !== null && 'kind' in cause
  return isOutcome ? (cause as CallFailure) : undefined
}
