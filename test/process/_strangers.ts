// Crowds that come to a node's listener and do not register: what they cost it.

import { connect, type Socket } from 'node:net'
import { dataFrame, RawPeer } from '../node/_raw-peer.js'
import { type ProcessNode, sleep, until } from './_process-node.js'

const nowMs = () => performance.timeOrigin + performance.now()

export interface Resources {
  readonly files: number
  readonly rssBytes: number
}

export interface SilentCrowd {
  /** How long a lawful child took to get in while the crowd stood there. */
  readonly lawfulMs: number
  /** From the moment the last of them was connected until the last was closed. */
  readonly closedMs: number
  readonly grownBytes: number
  /** Of the crowd, once it is over. */
  readonly filesLeft: number
}

/** `register` brings a lawful child in, and resolves when it runs. */
export async function silentCrowd(
  node: ProcessNode,
  count: number,
  register: () => Promise<void>,
): Promise<SilentCrowd> {
  const before = await node.order<Resources>('resources')
  const peers = await connectAll(node, count)
  const connectedMs = nowMs()
  await register()
  const lawfulMs = nowMs() - connectedMs
  const { rssBytes } = await node.order<Resources>('resources')
  await Promise.all(peers.map((peer) => peer.closed))
  const closedMs = nowMs() - connectedMs
  // The lawful child's own stays.
  const files = await filesAtRest(node, before.files + 1)
  const grownBytes = rssBytes - before.rssBytes
  return { lawfulMs, closedMs, grownBytes, filesLeft: files - before.files }
}

/** Below the backlog of a listener: what overflows it believes to be connected, and is not. */
const ARRIVE_TOGETHER = 200

async function connectAll(node: ProcessNode, count: number): Promise<RawPeer[]> {
  const peers: RawPeer[] = []
  while (peers.length < count) {
    const length = Math.min(ARRIVE_TOGETHER, count - peers.length)
    const next = Array.from({ length }, () => RawPeer.connect(node.addresses[0]!))
    peers.push(...(await Promise.all(next)))
    // An answer shows that the node's loop came round, and took what had arrived.
    await node.order('state')
  }
  return peers
}

/** Ways in which a connection comes and goes; a reset leaves no port behind that waits. */
const LIVES: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.resetAndDestroy(),
  (socket) => {
    socket.write(dataFrame({ from: 1n, to: 1n, text: 'not registered' }))
    socket.resetAndDestroy()
  },
  (socket) => {
    socket.write(Uint8Array.of(1, 2, 3, 4, 0x90), () => socket.resetAndDestroy())
  },
  (socket) => {
    socket.write(new Uint8Array(64).fill(0xff))
    socket.once('end', () => socket.resetAndDestroy())
    setTimeout(() => socket.resetAndDestroy(), 20).unref()
  },
]

async function shortLife(port: number, localAddress: string, way: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  return await new Promise<boolean>((resolve) => {
    let arrived = false
    socket.on('error', () => {})
    socket.once('connect', () => {
      arrived = true
      LIVES[way % LIVES.length]!(socket)
    })
    socket.resume()
    socket.once('close', () => resolve(arrived))
  })
}

export interface Churn {
  readonly arrived: number
  readonly seconds: number
  readonly filesBefore: number
  readonly filesAfter: number
}

export interface ChurnWish {
  /** Goes on until both are reached. */
  readonly connections: number
  readonly seconds?: number
  /** Connections that come at the same time. */
  readonly crowd?: number
}

/** Linux answers on all of 127.0.0.0/8; elsewhere there is one address. */
const SOURCES = process.platform === 'linux' ? 8 : 1

/** Connections that come and go. Waits up to 10 s for the files that it had open before. */
export async function churn(node: ProcessNode, wish: ChurnWish): Promise<Churn> {
  const { connections, seconds = 0, crowd = 100 } = wish
  const address = node.addresses[0]!
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  const before = await node.order<Resources>('resources')
  const startMs = nowMs()
  let begun = 0
  let arrived = 0
  const one = async () => {
    while (begun < connections || nowMs() - startMs < seconds * 1_000) {
      const way = begun++
      if (await shortLife(port, `127.0.0.${2 + (way % SOURCES)}`, way)) arrived++
    }
  }
  await Promise.all(Array.from({ length: crowd }, one))
  const tookSeconds = (nowMs() - startMs) / 1_000
  const filesBefore = before.files
  const filesAfter = await filesAtRest(node, filesBefore)
  return { arrived, seconds: tookSeconds, filesBefore, filesAfter }
}

async function filesAtRest(node: ProcessNode, wanted: number): Promise<number> {
  const { files } = await node.order<Resources>('resources')
  let last = files
  for (let tries = 0; tries < 100 && last > wanted; tries++) {
    await sleep(100)
    last = (await node.order<Resources>('resources')).files
  }
  return last
}

export interface Amplified {
  readonly name: string
  readonly inBytes: number
  readonly outBytes: number
}

/** Says one thing on a connection of its own, and counts what comes back until that ends. */
export async function amplified(
  address: string,
  name: string,
  bytes: Uint8Array,
): Promise<Amplified> {
  const peer = await RawPeer.connect(address)
  peer.say(bytes)
  await until(() => peer.socket.bytesWritten === bytes.length)
  peer.socket.end()
  await peer.closed
  return { name, inBytes: bytes.length, outBytes: peer.socket.bytesRead }
}
