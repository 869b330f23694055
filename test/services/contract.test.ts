import test from 'ava'
import protobuf from 'protobufjs'
import {
  bytesCodec,
  defineCall,
  defineMessage,
  defineService,
  defineStream,
  implement,
  protobufCodec,
  ServiceClient,
} from '../../src/index.js'
import { Clusters, soon } from './_clusters.js'

interface Point {
  x: number
  y: number
}

const pointType = new protobuf.Type('Point')
  .add(new protobuf.Field('x', 1, 'sint32'))
  .add(new protobuf.Field('y', 2, 'sint32'))

const point = protobufCodec<Point>({
  encode: (value) => pointType.encode(value),
  decode: (bytes) => pointType.toObject(pointType.decode(bytes)) as Point,
  verify: (value) => pointType.verify(value),
})

const WORLD = defineService('world', {
  enter: defineCall<{ readonly name: string }, { readonly room: number }>(),
  mirror: defineCall<Point, Point>({ name: 4007, request: point, response: point }),
  raw: defineCall({ request: bytesCodec, response: bytesCodec }),
  poke: defineMessage<{ readonly text: string }>(),
  path: defineStream<{ readonly steps: number }, Point>({ part: point }),
})

type Client = ServiceClient<(typeof WORLD)['members']>
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

// These lines do not compile where the contract does not reach its caller.
const isRequestTyped: Same<Parameters<Client['invoke']>[0], 'enter' | 'mirror' | 'raw'> = true
const isMessageTyped: Same<Parameters<Client['send']>[0], 'poke'> = true
const isStreamTyped: Same<Parameters<Client['stream']>[0], 'path'> = true
const roomOf = (client: Client) => client.invoke('enter', { name: 'ann' })
const isAnswerTyped: Same<Awaited<ReturnType<typeof roomOf>>, { readonly room: number }> = true

const pathOf = (client: Client) => client.stream('path', { steps: 3 })
const isPartTyped: Same<ReturnType<typeof pathOf>, AsyncGenerator<Point, void, undefined>> = true

test('a contract gives caller and handler one set of types and codecs', async (t) => {
  t.true(isRequestTyped && isMessageTyped && isStreamTyped && isAnswerTyped && isPartTyped)
  const clusters = new Clusters(t)
  const world = await clusters.join(['world'])
  const caller = await clusters.join()
  await caller.waitFor('world')
  const poked: string[] = []
  const remove = implement(world, WORLD, {
    enter: ({ name }) => ({ room: name.length }),
    mirror: async ({ x, y }) => ({ x: y, y: x }),
    raw: (bytes) => bytes.slice().reverse(),
    poke: ({ text }) => {
      poked.push(text)
    },
    path: async function* ({ steps }) {
      for (let x = 1; x <= steps; x++) yield { x, y: -x }
    },
  })
  const client = new ServiceClient(caller, WORLD)
  t.deepEqual(await roomOf(client), { room: 3 })
  t.deepEqual(await client.invoke('mirror', { x: 1, y: -2 }), { x: -2, y: 1 })
  t.deepEqual([...(await client.invoke('raw', new Uint8Array([1, 2, 3])))], [3, 2, 1])
  const steps: Point[] = []
  for await (const step of pathOf(client)) steps.push(step)
  t.deepEqual(
    steps,
    [1, 2, 3].map((x) => ({ x, y: -x })),
  )
  t.is(client.send('poke', { text: 'a' }), 'sent')
  t.is(client.broadcast('poke', { text: 'b' }), 1)
  t.is(client.to({ node: world.node.id }).send('poke', { text: 'c' }), 'sent')
  await soon(() => poked.length === 3)
  t.deepEqual(poked, ['a', 'b', 'c'])
  const wrong = await client.call('mirror', { x: 'one', y: 2 } as unknown as Point)
  t.like(wrong, { kind: 'refused', reason: 'bad_payload' })
  remove()
  t.like(await client.call('enter', { name: '' }), { kind: 'refused', reason: 'unknown_call' })
})
