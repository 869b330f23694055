// The entry of every process that a benchmark starts: plays one role until the runner is done.

import type { Ask, Role, RoleOptions, StartRole, Told } from './role.js'

/** Loaded one by one, so that a start-up pays for what it uses alone. */
const ROLES: Readonly<Record<string, () => Promise<StartRole>>> = {
  'treebus-sink': async () => (await import('./roles/treebus-sink.js')).startTreebusSink,
  'treebus-source': async () => (await import('./roles/treebus-source.js')).startTreebusSource,
  'treebus-middle': async () => (await import('./roles/treebus-middle.js')).startTreebusMiddle,
  'treebus-caller': async () => (await import('./roles/treebus-caller.js')).startTreebusCaller,
  'treebus-answerer': async () =>
    (await import('./roles/treebus-answerer.js')).startTreebusAnswerer,
  'treebus-first': async () => (await import('./roles/treebus-first.js')).startTreebusFirst,
  'treebus-parent': async () => (await import('./roles/treebus-parent.js')).startTreebusParent,
  'treebus-children': async () =>
    (await import('./roles/treebus-children.js')).startTreebusChildren,
  'routes-announcer': async () =>
    (await import('./roles/routes-announcer.js')).startRoutesAnnouncer,
  'routes-holder': async () => (await import('./roles/routes-holder.js')).startRoutesHolder,
  'route-table': async () => (await import('./roles/route-table.js')).startRouteTable,
  'service-answerer': async () =>
    (await import('./roles/service-answerer.js')).startServiceAnswerer,
  'service-caller': async () => (await import('./roles/service-caller.js')).startServiceCaller,
  'service-crowd': async () => (await import('./roles/service-crowd.js')).startServiceCrowd,
  'service-speaker': async () => (await import('./roles/service-speaker.js')).startServiceSpeaker,
  'nats-server': async () => (await import('./roles/nats-node.js')).startNatsServer,
  'nats-caller': async () => (await import('./roles/nats-caller.js')).startNatsCaller,
  'nats-answerer': async () => (await import('./roles/nats-answerer.js')).startNatsAnswerer,
  'moleculer-caller': async () =>
    (await import('./roles/moleculer-caller.js')).startMoleculerCaller,
  'moleculer-answerer': async () =>
    (await import('./roles/moleculer-answerer.js')).startMoleculerAnswerer,
  selection: async () => (await import('./roles/selection.js')).startSelection,
  'directory-registry': async () =>
    (await import('./roles/directory-registry.js')).startDirectoryRegistry,
  'bare-sink': async () => (await import('./roles/bare-sink.js')).startBareSink,
  'bare-source': async () => (await import('./roles/bare-source.js')).startBareSource,
  'bare-relay': async () => (await import('./roles/bare-relay.js')).startBareRelay,
  'bare-caller': async () => (await import('./roles/bare-caller.js')).startBareCaller,
  'bare-answerer': async () => (await import('./roles/bare-answerer.js')).startBareAnswerer,
  'bare-first': async () => (await import('./roles/bare-first.js')).startBareFirst,
  'bare-parent': async () => (await import('./roles/bare-parent.js')).startBareParent,
  'ring-sink': async () => (await import('./roles/ring-sink.js')).startRingSink,
  'ring-source': async () => (await import('./roles/ring-source.js')).startRingSource,
  'ring-caller': async () => (await import('./roles/ring-caller.js')).startRingCaller,
  'ring-answerer': async () => (await import('./roles/ring-answerer.js')).startRingAnswerer,
  'peer-sink': async () => (await import('./roles/peer-sink.js')).startPeerSink,
  'peer-source': async () => (await import('./roles/peer-source.js')).startPeerSource,
  'peer-pair': async () => (await import('./roles/peer-pair.js')).startPeerPair,
  'peer-caller': async () => (await import('./roles/peer-caller.js')).startPeerCaller,
  'peer-hub': async () => (await import('./roles/peer-hub.js')).startPeerHub,
  'peer-spoke': async () => (await import('./roles/peer-spoke.js')).startPeerSpoke,
  members: async () => (await import('./roles/members.js')).startMembers,
  member: async () => (await import('./roles/member.js')).startMember,
  'etcd-members': async () => (await import('./roles/etcd-members.js')).startEtcdMembers,
  'etcd-member': async () => (await import('./roles/etcd-member.js')).startEtcdMember,
  'peer-answerer': async () => (await import('./roles/peer-answerer.js')).startPeerAnswerer,
  'bare-children': async () => (await import('./roles/bare-children.js')).startBareChildren,
}

function tell(told: Told): void {
  process.send?.(told)
}

async function answer(role: Role, { number, what }: Ask): Promise<void> {
  if (what === 'leave') process.exit(0)
  const value = await role[what]?.()
  tell({ kind: 'answer', number, value })
}

// Without the runner nobody would end this process.
process.on('disconnect', () => process.exit(1))
const [name = '', options = '{}'] = process.argv.slice(2)
const load = ROLES[name]
if (load === undefined) throw new Error(`no role ${name}`)
const start = await load()
const role = await start(JSON.parse(options) as RoleOptions)
process.on('message', (ask: Ask) => void answer(role, ask))
tell({ kind: 'started', address: role.address ?? '' })
