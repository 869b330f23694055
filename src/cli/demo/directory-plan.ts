// The cast of the directory's demo: a small tree in two zones, three registries, a dozen services.

export interface Actor {
  readonly id: string
  readonly kind: 'hub' | 'registry' | 'service'
  readonly zone: string
  /** Empty for the root. */
  readonly parent: string
  /** Of a service. */
  readonly app: string
}

const HUBS: readonly Actor[] = [
  { id: '0x1', kind: 'hub', zone: 'west', parent: '', app: '' },
  { id: '0x2', kind: 'hub', zone: 'east', parent: '0x1', app: '' },
]

const REGISTRIES: readonly Actor[] = [
  { id: '0x10', kind: 'registry', zone: 'west', parent: '0x1', app: '' },
  { id: '0x11', kind: 'registry', zone: 'west', parent: '0x1', app: '' },
  { id: '0x20', kind: 'registry', zone: 'east', parent: '0x2', app: '' },
]

const APPS = ['gate', 'game', 'chat'] as const

function servicesOf(zone: string, parent: string, firstId: number): Actor[] {
  return [...APPS, ...APPS].map((app, index) => {
    return { id: `0x${(firstId + index).toString(16)}`, kind: 'service', zone, parent, app }
  })
}

/** Parents before their children. */
export const HUB_ACTORS = HUBS
export const REGISTRY_ACTORS = REGISTRIES
export const SERVICE_ACTORS: readonly Actor[] = [
  ...servicesOf('west', '0x1', 0x101),
  ...servicesOf('east', '0x2', 0x201),
]

/** The registry that is killed and comes back empty, and the service that is killed for good. */
export const LOST_REGISTRY = '0x10'
export const LOST_SERVICE = '0x102'

/** Who comes late. */
export const LATE: Actor = { id: '0x301', kind: 'service', zone: 'east', parent: '0x2', app: 'map' }
