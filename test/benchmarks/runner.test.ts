// In which order a question is run, and what becomes of a subject that fails.

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Cell, Question } from '../../benchmarks/question.js'
import { type RunOptions, runQuestion } from '../../benchmarks/runner.js'

const OPTIONS: RunOptions = { rounds: 2, quick: false, execArgv: [], onProgress: () => {} }

function question(parts: Partial<Question>): Question {
  return {
    name: 'question',
    title: '',
    unit: '',
    notes: [],
    cells: [{ name: 'cell', quick: true }],
    subjects: ['a', 'b'],
    measures: [],
    readings: [],
    run: async () => ({ value: 1 }),
    ...parts,
  }
}

test('subjects take turns, round after round', async (t) => {
  const order: string[] = []
  const run = async (subject: string) => {
    order.push(subject)
    return {}
  }
  await runQuestion(question({ run }), OPTIONS)
  t.deepEqual(order, ['a', 'b', 'a', 'b'])
})

test('a subject whose process crashes is reported, and the rest goes on', async (t) => {
  const run: Question['run'] = async (subject, _cell, _span, processes) => {
    if (subject === 'a') await processes.start('no such role', {})
    await sleep(0)
    return { value: 1 }
  }
  const [result] = await runQuestion(question({ run }), OPTIONS)
  t.is(result?.failures.length, 2)
  t.regex(result?.failures[0] ?? '', /question, cell, round 1\/2, a: no such role: it ended with 1/)
  t.deepEqual(
    result?.rounds.map((round) => [...round.keys()]),
    [['b'], ['b']],
  )
})

test('a figure that is no number is a failure, not a result', async (t) => {
  const run = async () => ({ value: Number.NaN })
  const [result] = await runQuestion(question({ run }), OPTIONS)
  t.is(result?.failures.length, 4)
})

test('what a machine lacks is kept with the result and is no failure', async (t) => {
  const missing = (subject: string) => (subject === 'a' ? 'not installed' : undefined)
  const [result] = await runQuestion(question({ missing }), OPTIONS)
  t.deepEqual(result?.missing, { a: 'not installed' })
  t.deepEqual(result?.failures, [])
  t.deepEqual([...(result?.rounds[0]?.keys() ?? [])], ['b'])
})

test('a quick run leaves the other cells out', async (t) => {
  const cells: Cell[] = [
    { name: 'short', quick: true },
    { name: 'long', quick: false },
  ]
  const results = await runQuestion(question({ cells }), { ...OPTIONS, quick: true })
  t.deepEqual(
    results.map(({ cell }) => cell.name),
    ['short'],
  )
})
