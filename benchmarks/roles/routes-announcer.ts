// A child that announces as many ids as it is asked to, as fast as its link takes them.

import { setTimeout as sleep } from 'node:timers/promises'
import { nodePrimitives } from '../../src/node/primitives.js'
import { OutgoingHead, sourceField } from '../../src/wire/head-writer.js'
import { RouteRecord } from '../../src/wire/route-record.js'
import { RouteUpdateWriter } from '../../src/wire/route-update-writer.js'
import { Session } from '../../src/wire/session.js'
import type { Role, RoleOptions } from '../role.js'
import { fillRecord } from '../route-tables/ids.js'
import { RoutesNode } from './routes-node.js'

const BYTES_MAX = 128 * 1024
/** Until the other end has asked and was told that there is only us. */
const SUBSCRIBED_MS = 300

export async function startRoutesAnnouncer(options: RoleOptions): Promise<Role> {
  const { id = 2, records = 0 } = options
  const node = await RoutesNode.start(options, () => undefined)
  const session = new Session({
    primitives: nodePrimitives,
    random: (bytes) => new Uint8Array(bytes),
    curve: 'none',
    ciphers: [],
    compressions: [],
    bodyBytesMax: BYTES_MAX,
  })
  const writer = new RouteUpdateWriter(BYTES_MAX)
  const record = new RouteRecord()
  const head = new OutgoingHead()
  head.source = sourceField(0, id)
  let told = 0
  const announce = (): void => {
    const outlet = node.core.port?.outlet
    if (outlet === undefined) throw new Error('not connected')
    while (told < records) {
      writer.begin()
      let next = told
      for (; next < records; next++) {
        fillRecord(record, next)
        if (!writer.add(record)) break
      }
      const body = writer.finish({ sequence: 1_000 + next, snapshotEnd: false })
      if (session.sealInto(outlet, head, body) !== 'ok') return
      told = next
    }
  }
  node.onWritable = announce
  return {
    begin: () => void sleep(SUBSCRIBED_MS).then(announce),
  }
}
