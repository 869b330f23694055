// Everything that somebody without a token can say, by name, as whole frames.

import { registrationOf as register, token } from '../core/_registrations.js'
import { controlFrame, dataFrame, registrationOf } from '../node/_raw-peer.js'

const MINIMAL = {
  id: 0x77n,
  pid: 0,
  hostname: '',
  addresses: [],
  schemes: [],
  compressions: [],
  flags: 0,
  hashCode: '',
}

export function strangersWords(): [string, Uint8Array][] {
  const ping = { timePointUs: 1n, refreshBindings: [] }
  const command = { from: 0x77n, args: [new Uint8Array(1)] }
  const forged = register({ id: 0x77n, tokens: [token('a guess')], life: 1 })
  const minimal = controlFrame({ kind: 'register_req', register: MINIMAL })
  return [
    ['nothing but noise', new Uint8Array(20).fill(0xff)],
    ['the smallest registration', minimal],
    ['a plain registration without a token', registrationFrame(undefined)],
    ['one of our own kind without a token', registrationFrame(1)],
    ['one with a wrong token', controlFrame({ kind: 'register_req', register: forged })],
    ['an answer to nothing', controlFrame({ kind: 'register_rsp', register: MINIMAL })],
    ['a ping', controlFrame({ kind: 'ping', ping })],
    ['a pong', controlFrame({ kind: 'pong', ping })],
    ['a command', controlFrame({ kind: 'command_req', command })],
    ['the answer to a command', controlFrame({ kind: 'command_rsp', command })],
    ['a confirm', controlFrame({ kind: 'handshake_confirm', sequence: 0n })],
    ['a message', dataFrame({ from: 0x77n, to: 1n, text: '' })],
    ['a returned message', dataFrame({ from: 0x77n, to: 1n, text: '', kind: 'data_rsp' })],
    ['the same registration many times', repeated(minimal, 50)],
  ]
}

function registrationFrame(life: number | undefined): Uint8Array {
  return controlFrame({ kind: 'register_req', register: registrationOf(0x77n, life) })
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times)
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length)
  return all
}
