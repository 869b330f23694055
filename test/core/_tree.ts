// Small trees for the data path: of hosts, and of strangers around one host.

import type { CoreConfig } from '../../src/core/config.js'
import { DETAIL } from '../../src/wire/route-messages.js'
import { type Host, World } from './_harness.js'
import { registrationOf } from './_registrations.js'
import { Stranger } from './_stranger.js'

export const ROOT = 'ipv4://10.0.0.1:1'
const A = 'ipv4://10.0.0.2:1'
const B = 'ipv4://10.0.0.3:1'

/** Nodes that do not hear who is where ask upwards, as plain ones do. */
export const ASKS_UPWARDS: Partial<CoreConfig> = { routeDetail: DETAIL.none }

/** root 0x100 > a 0x200 > leaf 0x400; root > b 0x300; plain ones by name. */
export function tree(
  plain: readonly string[] = [],
  rules: Partial<CoreConfig> = {},
): {
  world: World
  root: Host
  a: Host
  b: Host
  leaf: Host
} {
  const world = new World()
  const announce = (name: string) => ({ ...rules, announce: !plain.includes(name) })
  const root = world.host({ id: 0x100n, ...announce('root') }).listen(ROOT)
  const a = world.host({ id: 0x200n, parents: [ROOT], ...announce('a') }).listen(A)
  const b = world.host({ id: 0x300n, parents: [ROOT], ...announce('b') }).listen(B)
  const leaf = world.host({ id: 0x400n, parents: [A], ...announce('leaf') })
  for (const host of [root, a, b, leaf]) host.give({ kind: 'start' })
  // What is below a plain child only the topology knows.
  root.core.topology.update(0x400n, 0x200n)
  return { world, root, a, b, leaf }
}

/** A parent, with children in the hands of the test. */
export function parentOf(...ids: bigint[]): [Host, ...Stranger[]] {
  const host = new World().host({ id: 0x100n })
  host.give({ kind: 'start' })
  const children = ids.map((id) => Stranger.to(host).join(registrationOf({ id, life: Number(id) })))
  return [host, ...children]
}

export function one(list: readonly (Stranger | undefined)[], index: number): Stranger {
  const item = list[index]
  if (item === undefined) throw new Error(`no stranger ${index}`)
  return item
}
