import test from 'ava'
import type { Host } from '../core/_harness.js'
import { token } from '../core/_registrations.js'
import { Stranger } from '../core/_stranger.js'
import { BRANCH, HostileTree, LEAF, OTHER_BRANCH, ROOT, Tap, TOKENS } from './hostile-tree.js'

const VISITED = 'ipv4://10.0.0.98:7000'

/** A node without an id runs a command at the branch, and somebody hears every word of it. */
function visited(): { tree: HostileTree; tap: Tap } {
  const tree = new HostileTree()
  const tap = new Tap(tree.world, tree.at(BRANCH), VISITED)
  const visitor = tree.world.host({ id: 0n, tokens: TOKENS })
  visitor.give({ kind: 'connect', address: VISITED })
  visitor.give({ kind: 'command', to: BRANCH, sequence: 5n, args: [token('pay')] })
  return { tree, tap }
}

const commandsAt = ({ events }: Host) => events.filter(({ kind }) => kind === 'command')

for (const id of [ROOT, BRANCH, OTHER_BRANCH, LEAF]) {
  test(`hostile: a command without a sender's id that is played to ${id} is not run there`, (t) => {
    const { tree, tap } = visited()
    t.is(commandsAt(tree.at(BRANCH)).length, 1)
    t.is(tap.heard.length, 3)
    const before = commandsAt(tree.at(id)).length
    const stranger = Stranger.to(tree.at(id))
    for (const frame of tap.heard) if (stranger.isOpen) stranger.sayBytes(frame)
    t.is(commandsAt(tree.at(id)).length, before)
    t.false(stranger.isOpen)
    tree.pass(30_000)
    t.deepEqual(tree.lost, [])
    t.deepEqual(tree.downs(), [])
  })
}
