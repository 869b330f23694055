// Where a node can be dialled, as others may be told: no address that means "on every interface".

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { RECORD_LIMITS } from '../record.js'

const WILDCARD = /^([a-z0-9]+):\/\/(0\.0\.0\.0|\[::\]|::):(\d+)$/

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** Every address that is listened on, in place of a wildcard those of this host's interfaces. */
export function ownAddresses(
  listening: readonly string[],
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const all = listening.flatMap((address) => {
    const [, scheme, host, port] = WILDCARD.exec(address) ?? []
    if (scheme === undefined) return [address]
    const hosts = hostsOf(interfaces, host !== '0.0.0.0')
    return hosts.map((name) => `${scheme}://${name}:${port}`)
  })
  const lawful = all.filter((address) => address.length <= RECORD_LIMITS.addressCharsMax)
  return [...new Set(lawful)].slice(0, RECORD_LIMITS.addressCountMax)
}

/** Those that others can reach; of a host without any, the loopback. */
function hostsOf(interfaces: Interfaces, isBoth: boolean): string[] {
  const all = Object.values(interfaces).flatMap((details) => details ?? [])
  const usable = all.filter(({ family, address }) => {
    // A link-local address means nothing without its interface.
    return family === 'IPv4' || (isBoth && !address.startsWith('fe80'))
  })
  const outer = usable.filter(({ internal }) => !internal)
  const chosen = outer.length > 0 ? outer : usable
  return chosen.map(({ family, address }) => (family === 'IPv4' ? address : `[${address}]`))
}

const LOCAL = /^(unix|pipe|ring|inproc):\/\//

/** What is worth dialling from here: paths and names of another host lead elsewhere. */
export function dialable(addresses: readonly string[], isSameHost: boolean): string[] {
  return isSameHost ? [...addresses] : addresses.filter((address) => !LOCAL.test(address))
}
