// Row 39: leases, protection, and lists that outlive their registries.

import { runTests } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 39
export const title = 'leases to the tick; protection; cached lists'
export const goal =
  '90 s + 1 tick; on above 15 % silent, off in 1 min; 15 % a sweep; 0 lost from lists'

const TITLES = ['robustness 39:*', 'X-21*', 'X-23*', 'X-24*', '*X-40*']

export function run(): Promise<Outcome> {
  const files = ['lease-robustness', 'leases', 'client'].map((name) => `directory/${name}.test.js`)
  return runTests(
    files,
    {},
    'PASSED',
    TITLES.map((title) => `--match=${title}`),
  )
}
