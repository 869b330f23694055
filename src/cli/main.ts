#!/usr/bin/env node
// The program `treebus`.

import { main } from './program.js'

// `treebus --help | head` reads no further: that is no failure of ours.
process.stdout.on('error', () => {})

process.exitCode = await main(process.argv.slice(2))
