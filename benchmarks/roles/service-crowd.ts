// Many nodes of one type in one process: says when all of them have had the same message.

import { Cluster } from '../../src/services/cluster.js'
import { markOf, type Role, type RoleOptions } from '../role.js'

/**
 * At a time, in each crowd. On a machine with much else to do a parent answers dozens of handshakes
 * at once later than they may take, and those that give up and dial again only add to its work.
 */
const JOINING_MAX = 2

export async function startServiceCrowd(options: RoleOptions): Promise<Role> {
  const { dial = '', id = 1000, instances = 1, target = 1 } = options
  const clusters: Cluster[] = []
  let count = 0
  const heard = (): void => {
    count++
    // One word to the speaker, not one for each member.
    if (count % instances === 0) clusters[0]?.sendById(target, 'heard')
  }
  let next = id
  const joinOn = async (): Promise<void> => {
    while (next < id + instances) clusters.push(await join(next++, dial, heard))
  }
  // The speaker sees when they are all there.
  for (let joining = 0; joining < JOINING_MAX; joining++) void joinOn()
  return { mark: () => markOf(count) }
}

function join(id: number, parent: string, heard: () => void): Promise<Cluster> {
  // They watch nothing, so that what is measured is the broadcast and not a thousand lists.
  return Cluster.join({ id, parent, apps: ['nobody'], services: ['world'] }, (cluster) => {
    cluster.handle('news', heard)
  })
}
