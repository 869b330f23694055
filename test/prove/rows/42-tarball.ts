// Row 42: what is published, installed without network, scripts or compiler.

import { runRow } from '../ava-run.js'
import type { Outcome } from '../row.js'

export const row = 42
export const title = 'the tarball, installed without scripts, compiler and network'
export const goal = 'two nodes talk by import and by require, with types for nodenext and bundler'

export function run(): Promise<Outcome> {
  return runRow(42, ['pack/*.test.js', 'process/install.test.js'])
}
