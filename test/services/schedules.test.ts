import test from 'ava'
import { BusError, bytesCodec } from '../../src/index.js'
import { scheduleOf } from '../../src/services/schedules.js'
import { candidate } from './_candidates.js'
import { Clusters, soon, told, until } from './_clusters.js'

const ROWS = [{ src: 'z1', dst: { z1: 1, z2: 3 } }]

test('X-42: rows that one process sets divide the picks of all, and of who joins later', async (t) => {
  const clusters = new Clusters(t)
  const console = await clusters.join()
  await clusters.join(['game'], { zone: 'z1' })
  await clusters.join(['game'], { zone: 'z2' })
  const before = await clusters.join([], { zone: 'z1' })
  await until(before, () => before.getNodeList('game').length === 2)
  const zonesOf = (cluster: typeof before, picks: number) => {
    const zones = Array.from({ length: picks }, () => {
      const selection = cluster.select('game', { selector: 'smooth' })
      return selection.kind === 'chosen' ? selection.candidate.record.zone : selection.reason
    })
    return ['z1', 'z2'].map((zone) => zones.filter((one) => one === zone).length)
  }
  t.deepEqual(zonesOf(before, 8), [8, 0])
  const heard: string[] = []
  before.on('serviceUp', ({ record }) => heard.push(record.app))
  console.setSchedule('game', ROWS)
  await soon(() => zonesOf(before, 8)[1] === 6)
  const late = await clusters.join([], { zone: 'z1' })
  await until(late, () => late.getNodeList('game').length === 2)
  await soon(() => zonesOf(late, 8)[1] === 6)
  console.setSchedule('game', [{ src: 'z1', dst: { z1: 1, z2: 1 } }])
  await soon(() => zonesOf(before, 8)[1] === 4)
  console.setSchedule('game', [])
  await soon(() => zonesOf(before, 8)[1] === 0)
  t.deepEqual(zonesOf(before, 8), [8, 0])
  t.deepEqual(heard, [])
  t.is(console.self.type, '')
})

test('X-42: rows end with who set them', async (t) => {
  const clusters = new Clusters(t)
  const console = await clusters.join()
  await clusters.join(['game'], { zone: 'z1' })
  await clusters.join(['game'], { zone: 'z2' })
  const caller = await clusters.join([], { zone: 'z1' })
  await until(caller, () => caller.getNodeList('game').length === 2)
  const goesTo = (zone: string) => {
    const selection = caller.select('game')
    return selection.kind === 'chosen' && selection.candidate.record.zone === zone
  }
  console.setSchedule('game', [{ src: 'z1', dst: { z2: 1 } }])
  await soon(() => goesTo('z2'))
  await console.close()
  await soon(() => goesTo('z1'))
  t.true(goesTo('z1'))
})

for (const [what, metadata] of Object.entries({
  'no JSON': '{',
  'no list': '{"rows":7}',
  'no zones': '{"rows":[{"src":"z1"}]}',
  'a share below 0': '{"rows":[{"src":"z1","dst":{"z1":-1}}]}',
  'a share that is a text': '{"rows":[{"src":"z1","dst":{"z1":"1"}}]}',
})) {
  test(`rows of others that are ${what} count as none`, (t) => {
    const offered = candidate(0)
    const record = { ...offered.record, instance: 'game', metadata }
    t.deepEqual(scheduleOf('game', [{ ...offered, record }]), [])
  })
}

test('rows that are no shares are refused where they are set', async (t) => {
  const cluster = await new Clusters(t).join()
  const wrong = [{ src: 'z1', dst: { z1: Number.NaN } }]
  const error = t.throws(() => cluster.setSchedule('game', wrong), { instanceOf: BusError })
  t.is(error?.code, 'BAD_ARGUMENT')
})

test('X-15: a load that was heard decides until the record changes, and goes with its service', async (t) => {
  const clusters = new Clusters(t)
  const one = await clusters.join([{ app: 'game', overload: [5] }])
  const other = await clusters.join([{ app: 'game', overload: [9] }])
  const caller = await clusters.join()
  await until(caller, () => caller.getNodeList('game').length === 2)
  const least = () => caller.getNodeOne('game', { selector: 'leastLoad' })?.id
  t.is(least(), one.node.id)
  t.true(caller.reportLoad(other.node.id, 2))
  t.is(least(), other.node.id)
  t.false(caller.reportLoad(other.node.id, Number.NaN))
  t.false(caller.reportLoad(other.node.id, 1, 'lobby'))
  t.false(caller.reportLoad(0x999n, 1))
  const changed = told(caller, 'serviceChanged')
  other.setOverload([7])
  await changed
  t.is(least(), one.node.id)
})

test('bytes are told to all of a type as bytes', async (t) => {
  const { caller, others } = await new Clusters(t).around('game', 2)
  const heard: Uint8Array[] = []
  for (const game of others) {
    const codecs = { request: bytesCodec }
    game.handle<Uint8Array, void>('news', (bytes) => void heard.push(bytes.slice()), codecs)
  }
  t.is(caller.broadcast('game', 'news', new Uint8Array([1, 2]), { codec: bytesCodec }), 2)
  await soon(() => heard.length === 2)
  t.deepEqual(
    heard.map((bytes) => [...bytes]),
    [
      [1, 2],
      [1, 2],
    ],
  )
  t.is(caller.send('game', 'news', new Uint8Array([3]), bytesCodec), 'sent')
})
