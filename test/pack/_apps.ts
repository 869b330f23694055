// What users write who installed the package: two nodes of one process, in each way to load it.

/** Prints why there is no shared memory, where there is none, then the answer and its channel. */
const BODY = `
  const start = (listen) => BusNode.start({ id: 1n, listen: [listen] })
  const parent = await start('ring://pack-' + process.pid).catch((error) => {
    console.log(error.message)
    return start('unix://' + process.cwd() + '/bus.sock')
  })
  const child = await BusNode.start({ id: 2n, parent: parent.addresses })
  parent.on('message', (message) => message.reply('heard ' + message.text))
  const answer = await child.request(1n, 'hello')
  console.log(answer.text, child.peers()[0].channel)
  await child.close()
  await parent.close()
`

const TYPED = `
import { BusError, BusNode, type BusNodeOptions, type SendResult } from 'treebus'

const options: BusNodeOptions = { id: 1n, listen: ['tcp://127.0.0.1:0'] }
export const node: Promise<BusNode> = BusNode.start(options)
export async function send(text: string): Promise<SendResult> {
  const { id } = await node
  return (await node).send(id, text)
}
export const isBusError = (error: unknown): error is BusError => error instanceof BusError
// @ts-expect-error an id is not a truth value: the types are there, and not any
export const wrong: BusNodeOptions = { id: true }
`

const TYPED_REQUIRE = `
import treebus = require('treebus')

export const node: Promise<treebus.BusNode> = treebus.BusNode.start({ id: 1n })
// @ts-expect-error as above
export const wrong: treebus.BusNodeOptions = { id: true }
`

export const APPS = {
  'main.mjs': `import { BusNode } from 'treebus'\n${BODY}`,
  'main.cjs': `const { BusNode } = require('treebus')\nasync function main() {${BODY}}\nmain()`,
} as const

export const TYPED_APPS = {
  nodenext: { 'app.mts': TYPED, 'app.cts': TYPED_REQUIRE },
  bundler: { 'app.ts': TYPED },
} as const
