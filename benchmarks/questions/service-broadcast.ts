// How long it takes until all services of a type have heard the same thing.

import { cpuPerMillion, type Measured, measure } from '../measure.js'
import type { ProcessGroup, RoleProcess } from '../process-group.js'
import type { Cell, Question, Sample, Span } from '../question.js'

interface BroadcastCell extends Cell {
  readonly instances: number
}

const PAYLOAD_BYTES = 64
/** Processes that the services live in: one each would need more than a machine has. */
const CROWDS = 2
/** For all services to be listed: a slow machine is not a fault. */
const JOIN_LIMIT_MS = 900_000

async function run(
  _subject: string,
  { instances }: BroadcastCell,
  span: Span,
  processes: ProcessGroup,
): Promise<Sample> {
  const listen = processes.freeAddress('unix')
  const shared = { payloadBytes: PAYLOAD_BYTES, children: CROWDS, instances }
  const speaker = await processes.start('service-speaker', { ...shared, id: 1, listen })
  const members = instances / CROWDS
  const startMs = performance.now()
  const crowds: RoleProcess[] = []
  for (let crowd = 0; crowd < CROWDS; crowd++) {
    const id = 1_000 * (crowd + 1)
    const options = { id, dial: speaker.address, instances: members }
    crowds.push(await processes.start('service-crowd', options))
  }
  const dueMs = startMs + JOIN_LIMIT_MS
  while ((await speaker.arrival()) < instances) {
    if (performance.now() > dueMs) throw new Error('the services did not come')
  }
  const joinSeconds = (performance.now() - startMs) / 1000
  await speaker.ask('begin')
  const [told, ...heard] = await measure([speaker, ...crowds], span)
  if (told?.last.latency === undefined) throw new Error('no latency')
  const { p50Us, p99Us } = told.last.latency
  return {
    joinSeconds,
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
    perSecond: told.perSecond * instances,
    speakerCpu: (told.cpuSeconds / told.count / instances) * 1e6,
    crowdCpu: cpuPerMillion(totalOf(heard)),
  }
}

/** What the services have heard, and the CPU of their processes. */
function totalOf(heard: readonly Measured[]): Pick<Measured, 'count' | 'cpuSeconds'> {
  return {
    count: heard.reduce((sum, { count }) => sum + count, 0),
    cpuSeconds: heard.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  }
}

export const serviceBroadcast: Question<BroadcastCell> = {
  name: 'service-broadcast',
  title: 'How soon have all services of a type heard 64 B?',
  unit: 'ms',
  notes: [
    'Closed loop: the next broadcast follows when the last service has heard the one before.',
    `The services are nodes of their own on unix sockets, in ${CROWDS} processes, children of the one`,
    '  that speaks. They join all at once; join: from the start of their processes until all are',
    '  listed. CPU: of the speaker, and of the services together, for each message delivered.',
  ],
  cells: [100, 1_000].map((instances) => ({
    name: `${instances.toLocaleString('en')} services`,
    quick: true,
    instances,
  })),
  subjects: ['treebus'],
  measures: [
    { key: 'joinSeconds', title: 'join s', digits: 1, spread: false },
    { key: 'p50Ms', title: 'p50 ms', digits: 2, spread: true },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, spread: true },
    { key: 'perSecond', title: 'messages/s', digits: 0, spread: true },
    { key: 'speakerCpu', title: 'speaker CPU s/M', digits: 2, spread: false },
    { key: 'crowdCpu', title: 'services CPU s/M', digits: 2, spread: false },
  ],
  readings: [],
  run,
}
