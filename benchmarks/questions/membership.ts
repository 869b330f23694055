// How soon thirty nodes know that one has joined, has left or was lost, and what that costs.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { nowMs, type RoleOptions } from '../role.js'
import { type ServerProcess, serverVersion } from '../server-process.js'

interface MembershipCell extends Cell {
  readonly what: 'join' | 'leave' | 'loss'
}

const NODES = 30
const TARGET = 1_000
/** For what the members tell each other of themselves, before anything is measured. */
const SETTLE_MS = 500

interface Cast {
  readonly members: RoleProcess
  readonly member: RoleProcess
  /** Whoever is awake because of a change, besides the member. */
  readonly awake: readonly RoleProcess[]
  readonly server: ServerProcess | undefined
}

async function castOf(subject: string, processes: ProcessGroup): Promise<Cast> {
  const shared: RoleOptions = { children: NODES, target: TARGET }
  if (subject === 'etcd watch') {
    const server = await processes.startServer('etcd')
    const through = { ...shared, server: server.address }
    const members = await processes.start('etcd-members', through)
    const member = await processes.start('etcd-member', through)
    return { members, member, awake: [members], server }
  }
  const listen = processes.freeAddress('unix')
  const root = await processes.start('treebus-parent', { id: 1, listen })
  const members = await processes.start('members', { ...shared, dial: listen })
  const member = await processes.start('member', { id: TARGET, dial: listen })
  return { members, member, awake: [root, members], server: undefined }
}

async function cpuOf({ awake, server }: Cast): Promise<number> {
  const marks = await Promise.all(awake.map((process) => process.mark()))
  const own = marks.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  return own + (server?.figures().cpuSeconds ?? 0)
}

/** What it took, from the cause to the last of the thirty. */
async function changed(cast: Cast, what: MembershipCell['what']): Promise<number> {
  const { member, members } = cast
  if (what === 'join') {
    await member.ask('begin')
    const knownMs = await members.arrival()
    return knownMs - (await member.arrival())
  }
  const gone = members.ask('gone')
  if (what === 'leave') {
    const leftMs = Number(await member.ask('gone'))
    return Number(await gone) - leftMs
  }
  const killedMs = nowMs()
  member.kill()
  return Number(await gone) - killedMs
}

async function run(
  subject: string,
  { what }: MembershipCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const cast = await castOf(subject, processes)
  await sleep(SETTLE_MS)
  if (what !== 'join') {
    await cast.member.ask('begin')
    await cast.members.arrival()
    await sleep(SETTLE_MS)
  }
  const before = await cpuOf(cast)
  const ms = await changed(cast, what)
  return { ms, cpuMs: ((await cpuOf(cast)) - before) * 1_000 }
}

export const membership: Question<MembershipCell> = {
  name: 'membership',
  title: 'How soon do thirty nodes know that one has joined, has left or was lost?',
  unit: 'ms',
  notes: [
    'treebus: thirty nodes below one root and an event of the routing table in each; a loss is a',
    '  link that ends. etcd watch: a server, thirty watches over its JSON gateway, a key with a lease',
    '  of 5 s kept alive every 1.5 s; a loss is a lease that runs out, so it takes that long.',
    'The thirty share a process. CPU: theirs, and that of the root or the server, until the last',
    '  has been told; of etcd it is known to 10 ms.',
  ],
  cells: (['join', 'leave', 'loss'] as const).map((what) => ({ name: what, quick: true, what })),
  subjects: ['treebus', 'etcd watch'],
  missing: (subject) =>
    subject === 'etcd watch' && serverVersion('etcd') === undefined
      ? 'etcd is not installed: apt-get install etcd-server'
      : undefined,
  measures: [
    { key: 'ms', title: 'ms', digits: 2, spread: true },
    { key: 'cpuMs', title: 'CPU ms', digits: 1, spread: true },
  ],
  readings: [
    {
      title: 'treebus / etcd watch, ms',
      value: (round) => ratioOf(round, 'ms', 'treebus', 'etcd watch'),
      aim: () => ({ kind: 'at_most', value: 1 }),
    },
  ],
  run,
}
