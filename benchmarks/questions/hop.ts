// What one hop more costs: the process in the middle, and the way through it.

import { WARM_UP_CALLS } from '../call-loop.js'
import { cpuPerMillion, type Measured, measure, warmedUp } from '../measure.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import { type Cell, type Question, ratioOf, type Sample, type Span } from '../question.js'
import { type BenchChannel, burstOf, CHANNELS, sizeName, windowOf } from './sizes.js'

interface HopCell extends Cell {
  readonly what: 'one way' | 'request'
  readonly channel: BenchChannel
  readonly payloadBytes: number
}

type Kind = 'treebus' | 'bare'

const HOPS: Readonly<Record<string, number>> = { direct: 0, 'one hop': 1, 'three hops': 3 }
type Ends = readonly [first: string, last: string]

/** Hop costs at most this much of what a bare relay costs. */
const AIM = { kind: 'at_most', value: 1.3 } as const

interface Chain {
  readonly first: RoleProcess
  readonly last: RoleProcess
  readonly middle: RoleProcess | undefined
}

/** Two children of the root, each the parent of an end; they may not take the short way. */
async function startBranches(
  dial: string,
  address: () => string,
  processes: ProcessGroup,
): Promise<readonly RoleProcess[]> {
  const start = (id: number) =>
    processes.start('treebus-middle', { id, dial, listen: address(), siblings: false })
  return [await start(4), await start(5)]
}

/** In a tree both ends dial the one in the middle; bare, each dials the next. */
async function startChain(
  kind: Kind,
  [firstRole, lastRole]: Ends,
  hops: number,
  cell: HopCell,
  processes: ProcessGroup,
): Promise<Chain> {
  const { channel, payloadBytes } = cell
  const burst = burstOf(payloadBytes)
  const window = windowOf(payloadBytes)
  const warmUpCalls = cell.what === 'request' ? WARM_UP_CALLS : 0
  const load = { payloadBytes, burst, window, inFlight: 1, warmUpCalls }
  const address = () => processes.freeAddress(channel)
  if (hops === 0) {
    const last = await processes.start(`${kind}-${lastRole}`, { ...load, id: 1, listen: address() })
    const options = { ...load, id: 2, target: 1, dial: last.address }
    const first = await processes.start(`${kind}-${firstRole}`, options)
    return { first, last, middle: undefined }
  }
  if (kind === 'treebus') {
    const middle = await processes.start('treebus-middle', { id: 1, listen: address() })
    const below = hops === 1 ? [] : await startBranches(middle.address, address, processes)
    const [left = middle, right = middle] = below
    const last = await processes.start(`treebus-${lastRole}`, {
      ...load,
      id: 2,
      dial: left.address,
    })
    const options = { ...load, id: 3, target: 2, dial: right.address }
    return { first: await processes.start(`treebus-${firstRole}`, options), last, middle }
  }
  const last = await processes.start(`bare-${lastRole}`, { ...load, listen: address() })
  let middle = last
  for (let left = hops; left > 0; left--) {
    middle = await processes.start('bare-relay', { listen: address(), dial: middle.address })
  }
  const first = await processes.start(`bare-${firstRole}`, { ...load, dial: middle.address })
  return { first, last, middle }
}

async function run(
  subject: string,
  cell: HopCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const kind = subject.startsWith('treebus') ? 'treebus' : 'bare'
  const ends: Ends = cell.what === 'one way' ? ['source', 'sink'] : ['caller', 'answerer']
  const hops = HOPS[subject.slice(kind === 'treebus' ? 8 : 9)] ?? 0
  const { first, last, middle } = await startChain(kind, ends, hops, cell, processes)
  await first.ask('begin')
  if (cell.what === 'request') await warmedUp(first)
  const measured = await measure([first, last, ...(middle === undefined ? [] : [middle])], span)
  const [begun, arrived, relayed] = measured as [Measured, Measured, Measured | undefined]
  const { latency } = begun.last
  // A request and its reply both pass the middle; the bare relay counts one direction.
  const passes = cell.what === 'request' && kind === 'bare' ? 2 : 1
  return {
    perSecond: arrived.perSecond,
    ...(relayed === undefined ? {} : { middleCpu: cpuPerMillion(relayed) / passes }),
    ...(latency === undefined ? {} : { p50Us: latency.p50Us, p99Us: latency.p99Us }),
  }
}

/** What the hop adds to the round trip. */
function addedUs(round: ReadonlyMap<string, Sample>, kind: string): number | undefined {
  const direct = round.get(`${kind} direct`)?.['p50Us']
  const hop = round.get(`${kind} one hop`)?.['p50Us']
  return direct === undefined || hop === undefined ? undefined : hop - direct
}

function addedRatio(round: ReadonlyMap<string, Sample>): number | undefined {
  const treebus = addedUs(round, 'treebus')
  const bare = addedUs(round, 'bare net')
  return treebus === undefined || bare === undefined ? undefined : treebus / bare
}

const ONE_WAY_SIZES = [64, 16 * 1024]

export const hop: Question<HopCell> = {
  name: 'hop',
  title: 'What do one and three hops more cost?',
  unit: 'CPU seconds per million messages; µs',
  notes: [
    'treebus: a parent between two children; it reads the header, checks the sender, finds the next',
    '  hop, adds itself to the route of the message and copies the rest as it is.',
    'bare net: a relay that finds the frames and writes each on from where it was read, corked for',
    '  each read.',
    'Three hops: up to the root of the tree and down again; the middle is the root, and bare the',
    '  first relay of three.',
    'Both: at most 1 MiB or 4,096 messages between the ends, acknowledged four times in that.',
    'Added latency: p50 with the hop less p50 without, of a request of 64 B and its reply.',
    `Before those ${WARM_UP_CALLS.toLocaleString('en')} requests: one at a time a process is slow to be compiled.`,
  ],
  cells: [
    ...CHANNELS.flatMap((channel) =>
      ONE_WAY_SIZES.map((payloadBytes) => ({
        name: `${sizeName(payloadBytes)} one way ${channel}`,
        quick: payloadBytes === 64,
        what: 'one way' as const,
        channel,
        payloadBytes,
      })),
    ),
    ...CHANNELS.map((channel) => ({
      name: `64 B request ${channel}`,
      quick: true,
      what: 'request' as const,
      channel,
      payloadBytes: 64,
    })),
  ],
  subjects: [
    'treebus direct',
    'bare net direct',
    'treebus one hop',
    'bare net one hop',
    'treebus three hops',
    'bare net three hops',
  ],
  measures: [
    { key: 'perSecond', title: 'messages/s', digits: 0, spread: true },
    { key: 'middleCpu', title: 'middle CPU s/M', digits: 3, spread: true },
    { key: 'p50Us', title: 'p50 µs', digits: 1, spread: true },
    { key: 'p99Us', title: 'p99 µs', digits: 1, spread: false },
  ],
  readings: [
    {
      title: 'CPU of the hop, treebus / bare net',
      value: (round, { what }) =>
        what === 'one way'
          ? ratioOf(round, 'middleCpu', 'treebus one hop', 'bare net one hop')
          : undefined,
      aim: () => AIM,
    },
    {
      title: 'latency added by the hop, treebus / bare net',
      value: addedRatio,
      aim: () => AIM,
    },
    {
      title: 'messages/s with the hop, treebus / bare net',
      value: (round) => ratioOf(round, 'perSecond', 'treebus one hop', 'bare net one hop'),
    },
    {
      title: 'messages/s with the hop / without, treebus',
      value: (round) => ratioOf(round, 'perSecond', 'treebus one hop', 'treebus direct'),
    },
    {
      title: 'messages/s with the hop / without, bare net',
      value: (round) => ratioOf(round, 'perSecond', 'bare net one hop', 'bare net direct'),
    },
  ],
  run,
}
