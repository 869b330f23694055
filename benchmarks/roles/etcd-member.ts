// One key with a lease that is kept alive, put when it is told to, and revoked when it leaves.

import { encoded, etcdCall } from '../peers/etcd.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'

/** Short for a lease: etcd's own clients take 60 s, its smallest useful is a few. */
const LEASE_SECONDS = 5
const KEEP_ALIVE_MS = 1_500

export async function startEtcdMember(options: RoleOptions): Promise<Role> {
  const { server = '', target = 0 } = options
  let lease: unknown
  let beganMs = 0
  return {
    begin: async () => {
      beganMs = nowMs()
      const granted = await etcdCall(server, 'lease/grant', { TTL: LEASE_SECONDS })
      lease = granted['ID']
      const key = encoded(`members/${target}`)
      await etcdCall(server, 'kv/put', { key, value: encoded('here'), lease })
      setInterval(() => void etcdCall(server, 'lease/keepalive', { ID: lease }), KEEP_ALIVE_MS)
    },
    arrival: async () => beganMs,
    gone: async () => {
      const atMs = nowMs()
      await etcdCall(server, 'lease/revoke', { ID: lease })
      return atMs
    },
    mark: () => markOf(1),
  }
}
