// `npm run bench:compare OLD.json NEW.json`: what has changed; 1 where something is surely slower.

import { provenanceOf, readResults } from '../publish/results.js'
import { type Change, changesOf, TOLERANCE, vanishedOf } from './comparison.js'

const USAGE = 'Usage: npm run bench:compare -- OLD.json NEW.json\n'

function lineOf({ gain, key, least, most, verdict, where }: Change): string {
  const range = Number.isNaN(least) ? '' : ` [${least.toFixed(2)} - ${most.toFixed(2)}]`
  const sign = verdict === 'same' ? ' ' : verdict === 'loss' ? '-' : verdict === 'gain' ? '+' : '?'
  return `${sign} ${where}, ${key}: x ${gain.toFixed(2)}${range} ${verdict}`
}

function compare(oldPath: string, newPath: string): number {
  const before = readResults(oldPath)
  const after = readResults(newPath)
  process.stdout.write(`old: ${provenanceOf(before)}\nnew: ${provenanceOf(after)}\n`)
  process.stdout.write('Above 1 is better; in brackets the ratio of medians at 99 %.\n\n')
  const changes = changesOf(before, after)
  const vanished = vanishedOf(before, after)
  for (const change of changes) process.stdout.write(`${lineOf(change)}\n`)
  for (const where of vanished) process.stdout.write(`- ${where}: was measured, is not any more\n`)
  const losses = changes.filter(({ verdict }) => verdict === 'loss').length
  const gains = changes.filter(({ verdict }) => verdict === 'gain').length
  process.stdout.write(
    `\n${changes.length} figures in both, ${losses} worse by more than ${TOLERANCE * 100} %, ` +
      `${gains} better, ${vanished.length} gone\n`,
  )
  if (changes.length === 0) return 2
  return losses + vanished.length > 0 ? 1 : 0
}

const [oldPath, newPath] = process.argv.slice(2)
try {
  if (oldPath === undefined || newPath === undefined) throw new Error(`two files\n${USAGE}`)
  process.exitCode = compare(oldPath, newPath)
} catch (error) {
  process.stderr.write(`bench:compare: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
