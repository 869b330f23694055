// npm run parity: writes docs/parity.md and the quirks of docs/protocol.md anew.

import { readFileSync, writeFileSync } from 'node:fs'
import { projectPath } from '../core/_expected.js'
import { complaints, PAGE, PROTOCOL_PAGE, pageOf, withQuirks } from './page.js'

const found = complaints()
for (const complaint of found) console.error(complaint)
if (found.length > 0) process.exit(1)
writeFileSync(projectPath(PAGE), pageOf())
const protocol = projectPath(PROTOCOL_PAGE)
writeFileSync(protocol, withQuirks(readFileSync(protocol, 'utf8')))
