// The addon, or why there is none. Nothing else loads it.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The two rings of one segment, from one of its sides. Native memory: `close` it, or it lives until
 * it is collected. After `close` every call does nothing and returns 0 or false.
 */
export interface NativeLink {
  /** Copies `bytes` from index `from` on; returns how many were taken, or `corrupt`. */
  write(bytes: Uint8Array, from: number): number
  /** Fills `space` from its start; returns how many bytes, or `ended`, or `corrupt`. */
  read(space: Uint8Array): number
  /** Nothing more will be written. What was, can still be read. */
  finish(): void
  /** What `Addon.ready` is to report this link for, and by which number. Nothing at first. */
  want(slot: number, read: boolean, write: boolean): void
  /** To ring the peer's bell by; why not, where it cannot be. */
  holdRope(pid: number, fd: number): string | undefined
  /** Whether the peer was to be woken since the last call and there is no rope. */
  takeOwedRing(): boolean
  /** What a peer needs to open an anonymous segment; below 0 once withdrawn. */
  descriptor(): number
  /** Nobody else can open the segment from now on. */
  withdraw(): void
  close(): void
}

/**
 * Calls that give a link or a number give the reason instead where they cannot: the system's name
 * of it (`ENOSPC`), or a word of ours (`wrong_owner`). They do not throw.
 */
export interface Addon {
  createAnonymous(ringBytes: number, nonce: Uint8Array): NativeLink | string
  openAnonymous(pid: number, fd: number, ringBytes: number, nonce: Uint8Array): NativeLink | string
  createNamed(name: string, ringBytes: number, nonce: Uint8Array): NativeLink | string
  openNamed(name: string, ringBytes: number, nonce: Uint8Array): NativeLink | string
  /** Hangs up this thread's doorbell; returns the descriptor a peer rings it by. Once a thread. */
  watch(onRing: () => void): number | string
  /**
   * Fills in the numbers of the links that have something to do and returns how many. Where none
   * has: the bell rings for the next one; with `spins` it will not, and the processor was yielded.
   */
  ready(slots: Uint32Array, spins: boolean): number
  /** See `FrameSeal` in the wire. */
  sealFrames(memory: Uint8Array, start: number, end: number): number
  /** See `DataScan` in the wire. */
  scanData(
    memory: Uint8Array,
    start: number,
    end: number,
    frameBytesMax: number,
    bodyBytesMax: number,
    rows: Uint32Array,
  ): number
  readonly corrupt: number
  readonly ended: number
  readonly nonceBytes: number
  /** Ring sizes are powers of two within these. */
  readonly ringBytesMin: number
  readonly ringBytesMax: number
  readonly slotsPerCall: number
}

let outcome: Addon | string | undefined

/** The addon of this thread, or one line that says why it cannot be used. */
export function loadAddon(): Addon | string {
  outcome ??= load()
  return outcome
}

function load(): Addon | string {
  if (process.env.TREEBUS_ADDON === 'none') return 'switched off by TREEBUS_ADDON'
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)))
  const platform = `${process.platform}-${process.arch}`
  const places = [join(root, 'prebuilds', platform), join(root, 'build-native')]
  let reason = `none was built for ${platform}`
  for (const path of places.map((place) => join(place, 'treebus.node')).filter(existsSync)) {
    try {
      return createRequire(import.meta.url)(path) as Addon
    } catch (error) {
      reason = `it does not load: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return reason
}

/** This file runs from dist/ where it is installed, and from build/src/ in a checkout. */
function packageRoot(folder: string): string {
  const above = dirname(folder)
  return above === folder || existsSync(join(folder, 'package.json')) ? folder : packageRoot(above)
}
