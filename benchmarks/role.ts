// The contract of a role: what one process of a benchmark does, and what the runner can ask of it.

export interface RoleOptions {
  /** To listen on: `tcp://127.0.0.1:0` or `unix://PATH`. */
  readonly listen?: string
  /** To dial, in the same notation. */
  readonly dial?: string
  /** Bus ids of this node and of the node that is sent to. Bare roles have no use for them. */
  readonly id?: number
  readonly target?: number
  readonly payloadBytes?: number
  /** Messages for one turn of the loop. */
  readonly burst?: number
  /** Messages that may be unacknowledged from end to end; 0 is no bound but backpressure. */
  readonly window?: number
  readonly inFlight?: number
  /** Calls before the measured ones. */
  readonly warmUpCalls?: number
  /** Of `start-up`: how many children one process starts. */
  readonly children?: number
  /** Of `routes`: how many ids are announced or awaited. */
  readonly records?: number
  /** Of `directory`: who is told of each change. */
  readonly watchers?: number
  /** Of `route-tables`: which representation. */
  readonly table?: string
  /** Of `selection`: the strategy, and how many services it chooses from. */
  readonly selector?: string
  readonly instances?: number
  /** False: no direct link to a child of the same parent. */
  readonly siblings?: boolean
  /** Encrypts the links; absent is clear. */
  readonly cipher?: string
  /** `sendMany` and batches, in place of a call and an event for each message. */
  readonly batches?: boolean
  /** Links move to shared memory by themselves; else they stay on their sockets. */
  readonly moves?: boolean
  /** Speaks as a plain node: frames of the family alone. */
  readonly plain?: boolean
  /** Of a ring: a view for each message, in memory that is not used again. */
  readonly keeps?: boolean
  /** Of a ring: see `RingOptions`. */
  readonly spinMicros?: number
  /** Which peer a `peer-` role plays, and the server it needs. */
  readonly peer?: string
  readonly server?: string
  /** Unix sockets over which sinks grant credit, where the peer has no backpressure. */
  readonly credit?: readonly string[]
  /** Sizes of the payloads that follow each other; absent: all have `payloadBytes`. */
  readonly sizes?: readonly number[]
  /** How many processes send to one sink. */
  readonly senders?: number
  /** Watches by how much the loop is late. */
  readonly watchesLoop?: boolean
  /** Requests a second, at times that are fixed beforehand; absent: a closed loop. */
  readonly ratePerSecond?: number
}

/** What a process tells of itself at one moment. */
export interface Mark {
  /** Messages (or pairs) so far. */
  readonly count: number
  /** By a clock that the processes of one machine share. */
  readonly atMs: number
  readonly cpuSeconds: number
  readonly peakRssMib: number
  /** Of the pairs since the mark before. */
  readonly latency?: Latency
  /** What only this kind of role knows, by name. */
  readonly figures?: Readonly<Record<string, number>>
}

export interface Latency {
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

export interface Role {
  /** Where it listens. */
  readonly address?: string
  /** Starts the traffic. */
  begin?(): void
  mark?(): Mark
  /** Resolves with the time by which what the role waits for had happened. */
  arrival?(): Promise<number>
  /** Resolves with the time by which what it held was gone. */
  gone?(): Promise<number>
}

export type StartRole = (options: RoleOptions) => Promise<Role>

/** A request of the runner and the answer to it, as they cross the process boundary. */
export interface Ask {
  readonly number: number
  readonly what: 'begin' | 'mark' | 'arrival' | 'gone' | 'leave'
}

export type Told =
  | { readonly kind: 'started'; readonly address: string }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }

/** Monotonic, and the same for all processes of a machine. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function markOf(count: number): Mark {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  return { count, atMs: nowMs(), cpuSeconds, peakRssMib: maxRSS / 1024 }
}
