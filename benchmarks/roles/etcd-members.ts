// Many watches in one process, each as a node of its own would have; each notes joins and losses.

import { encoded, watchKeys } from '../peers/etcd.js'
import { markOf, nowMs, type Role, type RoleOptions } from '../role.js'

const PREFIX = 'members/'

export async function startEtcdMembers(options: RoleOptions): Promise<Role> {
  const { children = 1, server = '', target = 0 } = options
  const key = encoded(`${PREFIX}${target}`)
  let up: (atMs: number) => void = () => {}
  let down: (atMs: number) => void = () => {}
  const arrived = new Promise<number>((resolve) => {
    up = resolve
  })
  const gone = new Promise<number>((resolve) => {
    down = resolve
  })
  let ups = 0
  let downs = 0
  const watches = Array.from({ length: children }, () =>
    watchKeys(server, PREFIX, ({ kv, type }) => {
      if (kv.key !== key) return
      if (type === 'DELETE' && ++downs === children) down(nowMs())
      if (type !== 'DELETE' && ++ups === children) up(nowMs())
    }),
  )
  await Promise.all(watches)
  return { arrival: () => arrived, gone: () => gone, mark: () => markOf(children) }
}
