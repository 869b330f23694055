// Lawful values for tests, of which each test changes what it is about.

import type { NodeInfo, Registration, ServiceRecord } from '../../src/directory/record.js'

export function incarnationOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

export function madeNode(busId: bigint, changes: Partial<NodeInfo> = {}): NodeInfo {
  return {
    busId,
    incarnation: incarnationOf(1),
    hostId: 'host',
    pid: 1,
    zone: 'z1',
    group: '',
    roles: [],
    addresses: [`tcp://host:${busId}`],
    wants: { names: [], types: [] },
    ...changes,
  }
}

export function madeRecord(busId: bigint, changes: Partial<ServiceRecord> = {}): ServiceRecord {
  return {
    env: 'prod',
    app: 'game',
    zone: 'z1',
    instance: `i${busId.toString(16)}`,
    serviceId: 0,
    name: '',
    addrs: [],
    ports: [],
    version: '',
    color: '',
    cluster: '',
    weight: 10,
    metadata: '{}',
    status: 1,
    adminState: '',
    overload: [],
    capacity: { total: 0, used: 0 },
    ...changes,
  }
}

/** `time`: of its stamp, as a whole number of milliseconds. */
export function madeRegistration(
  busId: bigint,
  time: number,
  changes: Partial<Registration> = {},
): Registration {
  const stampTime = BigInt(time) << 16n
  return {
    node: madeNode(busId),
    records: [madeRecord(busId)],
    lease: 'leased',
    stamp: { time: stampTime, by: busId },
    registeredAt: stampTime,
    upAt: stampTime,
    ...changes,
  }
}
