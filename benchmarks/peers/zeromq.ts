// zeromq.js: push and pull one way, dealer and router for requests.

import type { RoleOptions } from '../role.js'
import { loadPackage, numberedPayloads, type Peer, payloadCycle, payloadSizes } from './peer.js'

interface Sender {
  connect(address: string): void
  send(frames: Uint8Array | readonly Uint8Array[]): Promise<void>
}

interface Receiver extends AsyncIterable<Uint8Array[]> {
  readonly lastEndpoint: string | null
  bind(address: string): Promise<void>
}

interface Zeromq {
  readonly Push: new () => Sender
  readonly Pull: new () => Receiver
  readonly Dealer: new () => Sender & Receiver
  readonly Router: new () => Sender & Receiver
}

/** Frames of one call: more than these gain nothing, and from 16 KiB up one is the fastest. */
const FRAMES_MAX = 64
const BATCHED_BYTES_MAX = 1024

function load(): Zeromq {
  return loadPackage<Zeromq>('zeromq')
}

function listenAddress({ listen = '' }: RoleOptions): string {
  return listen.startsWith('unix://')
    ? listen.replace('unix://', 'ipc://')
    : listen.replace(/:0$/, ':*')
}

async function drain(
  socket: Receiver,
  take: (frames: Uint8Array[]) => Promise<void> | undefined,
): Promise<void> {
  for await (const frames of socket) {
    const done = take(frames)
    if (done !== undefined) await done
  }
}

async function bound(socket: Receiver, options: RoleOptions): Promise<string> {
  await socket.bind(listenAddress(options))
  return socket.lastEndpoint ?? ''
}

export const zeromq: Peer = {
  async openSink(options, arrived) {
    const pull = new (load().Pull)()
    const address = await bound(pull, options)
    void drain(pull, (frames) => {
      for (const frame of frames) arrived(frame.length)
      return undefined
    })
    return address
  },
  async openSource(options) {
    const push = new (load().Push)()
    push.connect(options.dial ?? '')
    const next = payloadCycle(options)
    const together = Math.max(...payloadSizes(options)) <= BATCHED_BYTES_MAX ? FRAMES_MAX : 1
    return {
      send: async (messages) => {
        for (let left = messages; left > 0; left -= together) {
          await push.send(Array.from({ length: Math.min(left, together) }, next))
        }
      },
    }
  },
  async openAnswerer(options, answered) {
    const router = new (load().Router)()
    const address = await bound(router, options)
    void drain(router, (frames) => {
      answered()
      return router.send(frames)
    })
    return address
  },
  async openCaller(options, replied) {
    const dealer = new (load().Dealer)()
    dealer.connect(options.dial ?? '')
    const payloads = numberedPayloads(options)
    // A socket takes one send at a time; those of one turn follow each other.
    let last: Promise<void> = Promise.resolve()
    void drain(dealer, ([payload]) => {
      if (payload?.length !== options.payloadBytes) throw new Error('not the answer')
      replied((payload as Buffer).readUInt32LE(0))
      return undefined
    })
    return (number) => {
      last = last.then(() => dealer.send(payloads[number] as Buffer))
    }
  },
}
