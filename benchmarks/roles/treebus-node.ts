// A treebus node as the roles use it: default settings but for what the cell asks for.

import { BusNode, type BusNodeOptions } from '../../src/index.js'
import type { RoleOptions } from '../role.js'

export async function startNode(options: RoleOptions): Promise<BusNode> {
  const { cipher, dial, id = 1, listen, spinMicros } = options
  // One token per node of an encrypted tree, as its user would have it.
  const secure = cipher === undefined ? {} : { keyExchange: 'x25519' as const, tokens: ['bench'] }
  const node = await BusNode.start({
    id,
    ...(listen === undefined ? {} : { listen: [listen] }),
    ...(dial === undefined ? {} : { parent: dial }),
    ...(options.plain === true ? { announce: false } : {}),
    ...(options.siblings === undefined ? {} : { siblings: options.siblings }),
    ...secure,
    ...(spinMicros === undefined ? {} : { sharedMemorySpinMicros: spinMicros }),
    sharedMemory: options.moves === true ? 'auto' : 'off',
    ...(cipher === undefined ? {} : { ciphers: [cipher] as BusNodeOptions['ciphers'] & {} }),
  })
  await node.ready()
  if (options.moves === true && dial !== undefined) await moved(node)
  node.on('undelivered', ({ code }) => {
    throw new Error(`a message came back: ${code}`)
  })
  return node
}

async function moved(node: BusNode): Promise<void> {
  while (node.peers()[0]?.channel !== 'ring') {
    await new Promise((resolve) => node.once('link_path', resolve))
  }
}

export function addressOf(node: BusNode): string {
  const [address = ''] = node.addresses
  return address
}

/** What a cell says of its links must be so, or it measures something else. */
export function checkLinks(node: BusNode, cipher: string | undefined): void {
  const wanted = cipher !== undefined
  if (node.peers().some(({ encrypted }) => encrypted !== wanted)) {
    throw new Error(wanted ? 'a link is in clear' : 'a link is encrypted')
  }
}
