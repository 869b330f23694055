import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { nodePrimitives } from '../../src/node/primitives.js'
import { logSkipped, vectorsFolder } from '../_vectors.js'
import { matchesFile } from '../core/_expected.js'
import { Replay, type StreamFile } from './_replay.js'

const TOKENS: Record<string, string[]> = {
  register_token: ['capture-token'],
  register_token_mismatch: ['capture-token'],
  register_x25519: ['capture-token'],
}

/** Whose connections those were, in the order in which it dialled them. */
const CLIENTS: Record<string, { id: bigint; connections: number[] }[]> = {
  compressed_lz4: [{ id: 0x200n, connections: [0, 1] }],
  id_conflict: [{ id: 0x200n, connections: [0, 1] }],
  own_id_accepted: [{ id: 0x100n, connections: [0, 1] }],
  register_plain: [{ id: 0x200n, connections: [0, 1] }],
  register_token: [{ id: 0x200n, connections: [0, 1] }],
  register_token_mismatch: [{ id: 0x200n, connections: [0] }],
  register_x25519: [{ id: 0x200n, connections: [0, 1] }],
  tree_forward: [
    { id: 0x300n, connections: [0, 1] },
    { id: 0x200n, connections: [2, 3] },
  ],
}

const folder = vectorsFolder()

function streamFiles(): StreamFile[] {
  if (folder === undefined) return []
  const streams = join(folder, 'streams')
  const names = readdirSync(streams).filter((name) => name.endsWith('.json'))
  return names.map((name) => JSON.parse(readFileSync(join(streams, name), 'utf8')) as StreamFile)
}

if (folder === undefined) {
  test('recorded conversations are understood from both ends', (t) => logSkipped(t))
}

for (const file of streamFiles()) {
  const { name } = file
  test(`robustness 1: ${name} is understood from both ends`, (t) => {
    if (name.endsWith('_lz4') && !nodePrimitives.compressions.has('lz4')) {
      t.log('skipped: the optional package lz4-napi is not installed')
      t.true(name.startsWith('compressed'))
      return
    }
    const tokens = TOKENS[name] ?? []
    const parts = [`# ${file.description}\n`]
    parts.push(`\n## We accept\n${new Replay(file, tokens).accept()}`)
    for (const client of CLIENTS[name] ?? []) {
      const replay = new Replay(file, tokens).dial(client)
      parts.push(`\n## We dial as 0x${client.id.toString(16)}\n${replay}`)
    }
    matchesFile(t, `test/streams/expected/${name}.txt`, parts.join(''))
  })
}
