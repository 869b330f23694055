import test from 'ava'
import { STATUS } from '../../src/directory/record.js'
import {
  type CandidateFilter,
  filterCandidates,
  isSameFilter,
} from '../../src/services/candidate-filter.js'
import { candidate } from './_candidates.js'

const SERVICES = [
  candidate(1, { color: 'red', cluster: 'a', version: '1.0' }),
  candidate(2, { color: 'red', cluster: 'b', version: '1.1', zone: 'z2' }),
  candidate(3, { isOwn: true }),
  candidate(4, { status: STATUS.WAITING, color: 'red' }),
]

const TABLE: ReadonlyArray<readonly [string, CandidateFilter, readonly number[]]> = [
  ['no filter lets everyone through who is up', {}, [1, 2, 3]],
  ['a colour leaves those of that colour', { color: 'red' }, [1, 2]],
  ['a cluster leaves those of that cluster', { cluster: 'b' }, [2]],
  ['a version leaves those of that version', { version: '1.0' }, [1]],
  ['all that is asked for must hold', { color: 'red', cluster: 'a', version: '1.1' }, []],
  ['a colour nobody has leaves nobody', { color: 'blue' }, []],
  ['asked to, it falls through to those of any', { color: 'blue', fallThrough: true }, [1, 2, 3]],
  [
    'falling through keeps a filter that somebody passes',
    { color: 'red', fallThrough: true },
    [1, 2],
  ],
  ['falling through never leaves the zone', { zone: 'z2', color: 'blue', fallThrough: true }, [2]],
  ['a zone leaves those of that zone', { zone: 'z2' }, [2]],
  ['excludeSelf leaves out the own services', { excludeSelf: true }, [1, 2]],
  ['an empty colour is a colour: that of services without one', { color: '' }, [3]],
]

for (const [title, filter, expected] of TABLE) {
  test(`X-43, 001-11: ${title}`, (t) => {
    const left = filterCandidates(SERVICES, filter)
    t.deepEqual(
      left.map(({ record }) => record.serviceId),
      [...expected],
    )
  })
}

test('filters are the same where they let the same through', (t) => {
  t.true(isSameFilter({}, { zone: undefined, excludeSelf: false }))
  for (const filter of [{ zone: 'a' }, { color: 'a' }, { cluster: 'a' }, { version: 'a' }]) {
    t.false(isSameFilter({}, filter))
    t.true(isSameFilter({ ...filter }, filter))
  }
  t.false(isSameFilter({ excludeSelf: true }, {}))
  t.false(isSameFilter({ fallThrough: true }, {}))
})
