import { join } from 'node:path'
import test from 'ava'
import { loadAddon } from '../../src/channel/native.js'
import { RingChannel } from '../../src/channel/ring-channel.js'
import { contract } from './_contract.js'
import { temporaryDirectory } from './_harness.js'

const addon = loadAddon()

if (typeof addon === 'string') {
  test(`ring: skipped, no addon: ${addon}`, (t) => t.is(typeof addon, 'string'))
} else {
  const directory = temporaryDirectory()
  let names = 0
  const freshAddress = () => `ring://${join(directory.path, `ring-${names++}`)}`
  test.after.always(() => directory.remove())
  contract({ name: 'ring', channel: new RingChannel(), freshAddress })
}
