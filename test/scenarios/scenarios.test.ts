import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { matchesFile, projectPath } from '../core/_expected.js'
import { replay } from './_runner.js'

const FOLDER = 'test/scenarios'

for (const name of readdirSync(projectPath(FOLDER)).filter((file) => file.endsWith('.txt'))) {
  const transcript = readFileSync(projectPath(`${FOLDER}/${name}`), 'utf8')
  const [title = name] = transcript.split('\n')
  test(title.replace(/^# /, ''), (t) => {
    matchesFile(t, `${FOLDER}/${name}`, replay(transcript))
  })
}
