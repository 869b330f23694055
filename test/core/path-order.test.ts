import test from 'ava'
import { ChangingPaths } from './_path-changes.js'

const CHANGES_MIN = 1_000

test('every pair hears all of 1,000 changes to a link of its own and back, in order, once', (t) => {
  const paths = new ChangingPaths()
  for (let round = 0; paths.changes().back < CHANGES_MIN && round < CHANGES_MIN; round++) {
    paths.round()
  }
  t.deepEqual(paths.wrongs(), [])
  const { there, back } = paths.changes()
  t.true(there >= CHANGES_MIN && back >= CHANGES_MIN, `${there} there, ${back} back`)
})
