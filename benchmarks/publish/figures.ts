// Which figures are published: the columns of the table and the pictures beside it.

import { OWN } from '../questions/beside.js'
import type { DotPlot } from './dot-plot.js'

export interface Column {
  readonly title: string
  readonly question: string
  readonly cell: string
  readonly key: string
  readonly better: 'more' | 'less'
}

export const COLUMNS: readonly Column[] = [
  {
    title: '64 B, messages/s',
    question: 'one-way-peers',
    cell: '64 B',
    key: 'perSecond',
    better: 'more',
  },
  {
    title: '64 KiB, messages/s',
    question: 'one-way-peers',
    cell: '64 KiB',
    key: 'perSecond',
    better: 'more',
  },
  {
    // Seconds for a million messages are microseconds for one.
    title: 'CPU µs a message of 64 B',
    question: 'one-way-peers',
    cell: '64 B',
    key: 'cpu',
    better: 'less',
  },
  {
    title: 'request p50 µs, 1 in flight',
    question: 'request-peers',
    cell: '64 B, 1 in flight',
    key: 'p50Us',
    better: 'less',
  },
  {
    title: 'p99 µs',
    question: 'request-peers',
    cell: '64 B, 1 in flight',
    key: 'p99Us',
    better: 'less',
  },
  {
    title: 'p50 µs, 64 in flight',
    question: 'request-peers',
    cell: '64 B, 64 in flight',
    key: 'p50Us',
    better: 'less',
  },
  {
    title: 'idle pair, CPU ms a minute',
    question: 'idle',
    cell: '1 link',
    key: 'cpuMsPerMinute',
    better: 'less',
  },
  {
    title: 'MiB of all processes',
    question: 'idle',
    cell: '1 link',
    key: 'rss',
    better: 'less',
  },
]

/** Those that stand in the README; docs/benchmarks.md shows all. */
export const README_PICTURES = ['one-way-64b.svg', 'request-1.svg'] as const

export interface PictureOf {
  readonly file: string
  readonly question: string
  readonly cell: string
  readonly keys: readonly string[]
  readonly unit: 'count' | 'duration'
  readonly plot: Pick<DotPlot, 'title' | 'axisTitle' | 'axis' | 'series'>
}

export const PICTURES: readonly PictureOf[] = [
  {
    file: 'one-way-64b.svg',
    question: 'one-way-peers',
    cell: '64 B',
    keys: ['perSecond'],
    unit: 'count',
    plot: {
      title: 'One way, 64 B: more is better',
      axisTitle: 'messages per second',
      axis: 'log',
      series: ['median'],
    },
  },
  {
    file: 'one-way-64kib.svg',
    question: 'one-way-peers',
    cell: '64 KiB',
    keys: ['perSecond'],
    unit: 'count',
    plot: {
      title: 'One way, 64 KiB: more is better',
      axisTitle: 'messages per second',
      axis: 'log',
      series: ['median'],
    },
  },
  {
    file: 'request-1.svg',
    question: 'request-peers',
    cell: '64 B, 1 in flight',
    keys: ['p50Us', 'p99Us'],
    unit: 'duration',
    plot: {
      title: 'Request and reply of 64 B, one in flight: less is better',
      axisTitle: 'microseconds',
      axis: 'log',
      series: ['p50', 'p99'],
    },
  },
  {
    file: 'request-64.svg',
    question: 'request-peers',
    cell: '64 B, 64 in flight',
    keys: ['p50Us', 'p99Us'],
    unit: 'duration',
    plot: {
      title: 'Request and reply of 64 B, 64 in flight: less is better',
      axisTitle: 'microseconds',
      axis: 'log',
      series: ['p50', 'p99'],
    },
  },
  {
    file: 'cpu-64b.svg',
    question: 'one-way-peers',
    cell: '64 B',
    keys: ['cpu'],
    unit: 'duration',
    plot: {
      title: 'CPU of all processes for a message of 64 B: less is better',
      axisTitle: 'microseconds of CPU per message',
      axis: 'log',
      series: ['median'],
    },
  },
]

/** What a subject is in a picture. */
export function kindOf(subject: string): 'ours' | 'peer' | 'yardstick' {
  const own = OWN[subject]?.kind
  if (subject.startsWith('treebus')) return 'ours'
  return own === 'bare' ? 'yardstick' : 'peer'
}
