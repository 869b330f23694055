// Which subjects are left where only some peers are asked for.

import test from 'ava'
import { besides } from '../../benchmarks/against.js'
import type { Question } from '../../benchmarks/question.js'

const QUESTION: Question = {
  name: 'question',
  title: '',
  unit: '',
  notes: [],
  cells: [],
  subjects: ['treebus', 'zeromq ipc', 'zeromq tcp', 'nats'],
  peers: ['zeromq ipc', 'zeromq tcp', 'nats'],
  measures: [],
  readings: [],
  run: async () => ({}),
}

const CASES: ReadonlyArray<readonly [readonly string[] | undefined, readonly string[]]> = [
  [undefined, ['treebus', 'zeromq ipc', 'zeromq tcp', 'nats']],
  [['nats'], ['treebus', 'nats']],
  [['zeromq'], ['treebus', 'zeromq ipc', 'zeromq tcp']],
  [
    ['zeromq tcp', 'nats'],
    ['treebus', 'zeromq tcp', 'nats'],
  ],
  [['none'], ['treebus']],
]

for (const [against, left] of CASES) {
  test(`against ${against ?? 'nobody in particular'}, ${left.join(', ')} are asked`, (t) => {
    t.deepEqual(besides(QUESTION, against).subjects, left)
  })
}

test('a peer that does not exist is an error', (t) => {
  t.throws(() => besides(QUESTION, ['rabbit']), { message: /no peer rabbit: zeromq ipc/ })
})
