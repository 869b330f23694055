// Links and neighbours without a network: for the rules that only look at them.

import { type CoreConfig, DEFAULT_CONFIG } from '../../src/core/config.js'
import { Connection } from '../../src/core/connection.js'
import { CoreState } from '../../src/core/core-state.js'
import type { LinkRole } from '../../src/core/effects.js'
import { Link } from '../../src/core/link.js'
import { Links } from '../../src/core/links.js'
import { Liveness } from '../../src/core/liveness.js'
import { PathGates } from '../../src/core/path-gates.js'
import { IdHash } from '../../src/core/routes/id-hash.js'
import { RouteTable } from '../../src/core/routes/route-table.js'
import { Routing } from '../../src/core/routes/routing.js'
import { newSession } from '../../src/core/sessions.js'
import { nodePrimitives } from '../../src/node/primitives.js'
import { incarnationOf, seededRandom, WALL_MS } from './_harness.js'

export function stateOf(id: bigint): CoreState {
  const config: CoreConfig = {
    ...DEFAULT_CONFIG,
    id,
    incarnation: incarnationOf(1),
    pid: 1,
    hostname: 'h',
    hashCode: 'c',
  }
  const random = seededRandom(1)
  const ambient = { primitives: nodePrimitives, random, wallMs: () => WALL_MS }
  const state = new CoreState(config, ambient)
  state.topology.update(id, 0n)
  return state
}

let numbers = 0

/** A link that is not among the neighbours yet. */
export function linkOf(
  state: CoreState,
  wish: { id: bigint; role: LinkRole; life?: number; pid?: number; dialled?: boolean },
): Link {
  numbers++
  const control = new Connection({
    number: numbers,
    address: 'ipv4://10.0.0.9:1',
    purpose: undefined,
    session: newSession(state),
    port: undefined,
    linksBefore: 0,
  })
  const { life, pid = 7 } = wish
  const incarnation = life === undefined ? undefined : incarnationOf(life)
  return new Link({
    number: numbers,
    peer: {
      id: wish.id,
      pid,
      hostname: 'h',
      hashCode: '',
      incarnation,
      capabilities: 0n,
      addresses: [],
      ranges: [],
      attach: 0n,
    },
    role: wish.role,
    control,
    dialled: wish.dialled ?? false,
    liveness: new Liveness(state.nowMs, { intervalMs: 8_000, missesMax: 2 }),
  })
}

/** A plain neighbour: what is behind it only the topology knows. */
export function join(state: CoreState, id: bigint, role: LinkRole): Link {
  const link = linkOf(state, { id, role })
  state.neighbours.add(link)
  return link
}

/** A routing table of its own, with nobody who watches it. */
export function routingOf(state: CoreState): Routing {
  const ignore = (): void => undefined
  const watch = { cameUp: ignore, ended: ignore, forgotten: ignore, refused: ignore }
  const table = new RouteTable()
  const gates = new PathGates(state, table)
  return new Routing(state, new Links(state, watch), {
    hash: new IdHash(),
    table,
    gates,
    dial: ignore,
  })
}
