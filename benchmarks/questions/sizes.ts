// Payload sizes and channels, and what follows from them.

export type BenchChannel = 'tcp' | 'unix'

export const CHANNELS: readonly BenchChannel[] = ['tcp', 'unix']

/** Messages for one turn of the loop, the same for all subjects: 64 KiB of them, 4 to 256. */
export function burstOf(payloadBytes: number): number {
  return Math.max(4, Math.min(256, Math.floor((64 * 1024) / payloadBytes)))
}

/** Messages of one batch: 256 KiB of them, 4 to 1,024. */
export function batchOf(payloadBytes: number): number {
  return Math.max(4, Math.min(1024, Math.floor((256 * 1024) / payloadBytes)))
}

/** What may be on its way from end to end where a hop lies between: 1 MiB, 8 to 4,096 messages. */
export function windowOf(payloadBytes: number): number {
  return Math.max(8, Math.min(4096, Math.floor((1024 * 1024) / payloadBytes / 4) * 4))
}

export function sizeName(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
}
