// `npm run bench:report [FILE]`: writes the README's table and the pictures from a kept result.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { picturesOf } from './pictures.js'
import { readResults } from './results.js'
import { withTable } from './table.js'

const FOLDER = 'docs/benchmarks'
const KEPT = join(FOLDER, 'results.json')

const [given = KEPT] = process.argv.slice(2)
const results = readResults(given)
mkdirSync(FOLDER, { recursive: true })
if (resolve(given) !== resolve(KEPT)) copyFileSync(given, KEPT)
for (const [file, svg] of picturesOf(results)) {
  writeFileSync(join(FOLDER, file), svg)
  process.stdout.write(`${join(FOLDER, file)}\n`)
}
const page = readFileSync('README.md', 'utf8')
writeFileSync('README.md', withTable(page, results))
process.stdout.write('README.md\n')
