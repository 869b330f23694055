// Many nodes of one type in one process: says when all of them have had the same message.

import { Cluster } from '../../src/services/cluster.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

export async function startServiceCrowd(options: RoleOptions): Promise<Role> {
  const { dial = '', id = 1000, instances = 1, target = 1 } = options
  const clusters: Cluster[] = []
  let count = 0
  const heard = (): void => {
    count++
    // One word to the speaker, not one for each member.
    if (count % instances === 0) clusters[0]?.sendById(target, 'heard')
  }
  const joinOne = async (own: number): Promise<void> => {
    clusters.push(await join(own, dial, heard))
  }
  // All at once. The speaker sees when they are all there.
  for (let own = id; own < id + instances; own++) void joinOne(own)
  return { mark: () => markOf(count) }
}

function join(id: number, parent: string, heard: () => void): Promise<Cluster> {
  // They watch nothing, so that what is measured is the broadcast and not a thousand lists.
  return Cluster.join({ id, parent, apps: ['nobody'], services: ['world'] }, (cluster) => {
    cluster.handle('news', heard)
  })
}
