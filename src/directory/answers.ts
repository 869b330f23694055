// The answers of a registry, made in one place so that every field is thought of.

import type { Answer, RegisterAnswer, RenewAnswer, Version } from './directory-messages.js'
import { NO_STAMP, type Stamp } from './hlc.js'
import type { Registration } from './record.js'
import type { RegistryTable } from './registry-table.js'
import { RESULT, type Refusal, type ResultCode } from './result-code.js'

export function registered(stamp: Stamp, doNotDial: readonly bigint[]): RegisterAnswer {
  return { ...registerAnswer(stamp, RESULT.OK), doNotDial }
}

export function refused(stamp: Stamp, refusal: Refusal, holder = 0n): RegisterAnswer {
  const { code, what, says } = refusal
  return { ...registerAnswer(stamp, code), what, says, holder }
}

/** `newest`: what the owner's next stamp must exceed. */
export function outdated(stamp: Stamp, newest: Stamp): RegisterAnswer {
  return { ...registerAnswer(stamp, RESULT.STALE), newest }
}

function registerAnswer(stamp: Stamp, code: ResultCode): RegisterAnswer {
  const nothing = { what: '', says: '', holder: 0n, doNotDial: [], newest: NO_STAMP }
  return { kind: 'register_answer', stamp, code, ...nothing }
}

export interface RenewFacts {
  readonly code: ResultCode
  readonly newest?: Stamp
  readonly standing?: Registration
}

export function renewAnswer(table: RegistryTable, to: bigint, facts: RenewFacts): RenewAnswer {
  return {
    kind: 'renew_answer',
    code: facts.code,
    newest: facts.newest ?? NO_STAMP,
    standing: facts.standing,
    epoch: table.config.epoch,
    watchSequence: table.watchers.sequenceOf(to),
    ready: table.isReady,
  }
}

export function answer(request: bigint, code: ResultCode, what = '', says = ''): Answer {
  return { kind: 'answer', request, code, what, says }
}

export function versionOf({ node, stamp }: Registration): Version {
  return { busId: node.busId, incarnation: node.incarnation, stamp }
}
