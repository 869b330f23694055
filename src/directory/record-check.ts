// Whether a registration may be stored: every field against its limit, with the reason if not.

import { STAMP_TIME_MAX } from './hlc.js'
import {
  claimsOf,
  type NodeInfo,
  RECORD_LIMITS,
  type Registration,
  type ServiceRecord,
  STATUS,
} from './record.js'
import { RESULT, type Refusal } from './result-code.js'

const limits = RECORD_LIMITS
const PORT_MAX = 65_535
const NUMBER_32_MAX = 0xffff_ffff

/** Undefined: lawful. The text says which field is wrong and how. */
type Complaint = string | undefined

export function checkRegistration(registration: Registration): Refusal | undefined {
  const { node, records } = registration
  return (
    badRequest('node', nodeComplaint(node)) ??
    badRequest('stamp', stampComplaint(registration)) ??
    badRequest('records', records.length > limits.recordCountMax ? 'are too many' : undefined) ??
    firstBadRecord(records) ??
    doubledClaim(records)
  )
}

function stampComplaint({ stamp, registeredAt, upAt }: Registration): Complaint {
  if (stamp.time > STAMP_TIME_MAX) return 'lies beyond every lawful clock'
  if (registeredAt > stamp.time) return 'is older than the first registration'
  if (upAt > stamp.time) return 'is older than its status'
  return undefined
}

function badRequest(what: string, says: Complaint): Refusal | undefined {
  return says === undefined ? undefined : { code: RESULT.BAD_REQUEST, what, says }
}

function firstBadRecord(records: readonly ServiceRecord[]): Refusal | undefined {
  for (const [index, record] of records.entries()) {
    const refusal = checkRecord(record, `records[${index}]`)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

export function checkRecord(record: ServiceRecord, where: string): Refusal | undefined {
  return (
    badRequest(`${where}.status`, statusComplaint(record.status)) ??
    badRequest(`${where}.metadata`, metadataComplaint(record.metadata)) ??
    badRequest(where, textsComplaint(record) ?? numbersComplaint(record))
  )
}

/** The same service twice in one message is a clash of the node with itself. */
function doubledClaim(records: readonly ServiceRecord[]): Refusal | undefined {
  const seen = new Set<string>()
  for (const claim of records.flatMap(claimsOf)) {
    if (seen.has(claim)) return { code: RESULT.ID_CONFLICT, what: claim, says: 'is there twice' }
    seen.add(claim)
  }
  return undefined
}

export function statusComplaint(status: number): Complaint {
  return status === STATUS.UP || status === STATUS.WAITING ? undefined : 'must be 1 or 2'
}

export function metadataComplaint(metadata: string): Complaint {
  if (metadata.length > limits.metadataCharsMax) return 'is too long'
  return isJsonObject(metadata) ? undefined : 'is not the JSON text of an object'
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function nodeComplaint(node: NodeInfo): Complaint {
  if (node.busId === 0n) return 'has no bus id'
  if (!/^[0-9a-f]{32}$/.test(node.incarnation)) return 'has no incarnation'
  if (node.zone === '') return 'has no zone'
  return (
    textComplaint({ hostId: node.hostId, zone: node.zone, group: node.group }) ??
    listComplaint('roles', node.roles, limits.roleCountMax, limits.textCharsMax) ??
    addressesComplaint('addresses', node.addresses) ??
    listComplaint('wants.names', node.wants.names, limits.wantCountMax, limits.textCharsMax) ??
    listComplaint('wants.types', node.wants.types, limits.wantCountMax, limits.textCharsMax)
  )
}

function textsComplaint(record: ServiceRecord): Complaint {
  const { env, app, zone, instance, name, version, color, cluster, adminState } = record
  const required = Object.entries({ env, app, zone, instance })
  const missing = required.find(([, text]) => text === '')
  if (missing !== undefined) return `${missing[0]} is missing`
  // The four are joined by slashes where a record is named.
  const sliced = required.find(([, text]) => text.includes('/'))
  if (sliced !== undefined) return `${sliced[0]} holds a slash`
  return (
    textComplaint({ env, app, zone, instance, name, version, color, cluster, adminState }) ??
    addressesComplaint('addrs', record.addrs)
  )
}

function numbersComplaint(record: ServiceRecord): Complaint {
  const { serviceId, weight, ports, overload, capacity } = record
  if (!isWhole(serviceId, NUMBER_32_MAX)) return 'serviceId is no number of 32 bits'
  if (!isWhole(weight, NUMBER_32_MAX)) return 'weight is no number of 32 bits'
  if (ports.length > limits.addressCountMax) return 'ports are too many'
  if (!ports.every((port) => isWhole(port, PORT_MAX))) return 'ports holds no port'
  if (overload.length > limits.overloadCountMax) return 'overload has too many figures'
  if (!overload.every((figure) => isWhole(figure, NUMBER_32_MAX))) return 'overload is no figure'
  const isCapacity = isWhole(capacity.total, NUMBER_32_MAX) && isWhole(capacity.used, NUMBER_32_MAX)
  return isCapacity ? undefined : 'capacity is no figure'
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}

function textComplaint(texts: Readonly<Record<string, string>>): Complaint {
  const wrong = Object.entries(texts).find(([, text]) => !isPlain(text, limits.textCharsMax))
  return wrong === undefined ? undefined : `${wrong[0]} is too long or not printable`
}

function addressesComplaint(what: string, list: readonly string[]): Complaint {
  return listComplaint(what, list, limits.addressCountMax, limits.addressCharsMax)
}

function listComplaint(
  what: string,
  list: readonly string[],
  countMax: number,
  charsMax: number,
): Complaint {
  if (list.length > countMax) return `${what} are too many`
  return list.every((text) => isPlain(text, charsMax)) ? undefined : `${what} holds a bad text`
}

/** Keys are joined by line ends and texts are printed: neither may break. */
function isPlain(text: string, charsMax: number): boolean {
  return text.length <= charsMax && !/\p{Cc}/u.test(text)
}
