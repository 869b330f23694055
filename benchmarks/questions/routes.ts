// What a routing table of a million records costs a tree: learned, kept, lost and resumed.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import type { Aim, Cell, Question, Sample, Span } from '../question.js'
import { nowMs } from '../role.js'

interface RoutesCell extends Cell {
  readonly what: 'memory' | 'learn' | 'sweep' | 'resume'
  readonly records: number
}

const RECORDS = 1_000_000
const QUICK_RECORDS = 100_000

const AIMS: Readonly<Record<string, Aim>> = {
  tableBytes: { kind: 'at_most', value: 88 },
  perSecond: { kind: 'at_least', value: 1_000_000 },
  pauseMs: { kind: 'at_most', value: 20 },
}
const SWEEP_AIM: Aim = { kind: 'at_most', value: 1_000 }

async function figuresOf(process: RoleProcess): Promise<Readonly<Record<string, number>>> {
  return (await process.mark()).figures ?? {}
}

function figure(figures: Readonly<Record<string, number>>, name: string): number {
  return figures[name] ?? Number.NaN
}

async function run(
  _subject: string,
  { records, what }: RoutesCell,
  _span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const listen = processes.freeAddress('unix')
  const above = await processes.start('routes-holder', { id: 1, listen, records })
  const announcer = await processes.start('routes-announcer', { id: 2, dial: listen, records })
  await announcer.ask('begin')
  await above.arrival()
  const filled = await figuresOf(above)
  if (what === 'memory') {
    return {
      tableBytes: figure(filled, 'tableBytesPerRecord'),
      rssBytes: figure(filled, 'rssBytesPerRecord'),
    }
  }
  if (what === 'sweep') return await sweep(above, announcer)
  const below = await processes.start('routes-holder', { id: 3, dial: listen, records })
  const learnedMs = await below.arrival()
  const figures = await figuresOf(below)
  if (what === 'resume') return await resume(below)
  const tookMs = learnedMs - figure(figures, 'startMs')
  return {
    ms: tookMs,
    perSecond: (records * 1_000) / tookMs,
    pauseMs: figure(figures, 'longestPauseMs'),
    publisherPauseMs: figure(await figuresOf(above), 'longestPauseMs'),
  }
}

async function sweep(above: RoleProcess, announcer: RoleProcess): Promise<Sample> {
  const gone = above.ask('gone')
  announcer.kill()
  const goneMs = Number(await gone)
  const figures = await figuresOf(above)
  return {
    ms: goneMs - figure(figures, 'lostMs'),
    pauseMs: figure(figures, 'longestPauseMs'),
  }
}

/** For the end of the snapshot, behind its last record: without it there is nothing to resume. */
const SETTLE_MS = 1_000

/** Until every route is in use again. */
async function resume(below: RoleProcess): Promise<Sample> {
  await sleep(SETTLE_MS)
  await figuresOf(below)
  const startMs = nowMs()
  await below.ask('begin')
  const ms = (await below.arrival()) - startMs
  return { ms, pauseMs: figure(await figuresOf(below), 'longestPauseMs') }
}

function cellsOf(records: number, quick: boolean): readonly RoutesCell[] {
  const size = records.toLocaleString('en')
  return (['memory', 'learn', 'sweep', 'resume'] as const).map((what) => ({
    name: `${what} ${size}`,
    quick,
    what,
    records,
  }))
}

export const routes: Question<RoutesCell> = {
  name: 'routes',
  title: 'What does a routing table of a million records cost?',
  unit: 'bytes; ms; records per second',
  notes: [
    'A holder learns the records from a child in a process of its own, over a unix socket.',
    'memory: of the holder; table: what the rows, the index and the change log take; RSS: how much',
    '  the process grew, after a collection.',
    'learn: another node joins below the holder; from its link to the last record in its table.',
    'sweep: the child is killed; from the loss of its link to the last record gone.',
    'resume: the other node loses its link and dials again; until its routes are in use again.',
    'pause: the longest time for which the loop answered no timer, less the period of the probe.',
  ],
  cells: [...cellsOf(QUICK_RECORDS, true), ...cellsOf(RECORDS, false)],
  subjects: ['treebus'],
  measures: [
    { key: 'tableBytes', title: 'table B/record', digits: 1, spread: false },
    { key: 'rssBytes', title: 'RSS B/record', digits: 1, spread: true },
    { key: 'ms', title: 'ms', digits: 1, spread: true },
    { key: 'perSecond', title: 'records/s', digits: 0, spread: true },
    { key: 'pauseMs', title: 'pause ms', digits: 1, spread: true },
    { key: 'publisherPauseMs', title: "publisher's pause ms", digits: 1, spread: true },
  ],
  readings: [
    {
      title: 'table bytes per record',
      value: (round) => round.get('treebus')?.['tableBytes'],
      aim: () => AIMS['tableBytes'],
    },
    {
      title: 'records learned per second, end to end',
      value: (round) => round.get('treebus')?.['perSecond'],
      aim: () => AIMS['perSecond'],
    },
    {
      title: 'longest pause of the loop, ms',
      value: (round) => round.get('treebus')?.['pauseMs'],
      aim: () => AIMS['pauseMs'],
    },
    {
      title: 'sweep of a lost link, ms',
      value: (round, { what }) => (what === 'sweep' ? round.get('treebus')?.['ms'] : undefined),
      aim: () => SWEEP_AIM,
    },
  ],
  run,
}
