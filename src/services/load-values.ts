// What services last said they carry: newer than their records, and gone with the service.

import { type Candidate, targetKey } from './candidate.js'
import type { LoadSource } from './selector-view.js'

export class LoadValues implements LoadSource {
  readonly #reported = new Map<string, number>()
  #version = 0

  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#reported.size
  }

  /** `false`, and nothing changes, where the load is no number from 0 on. */
  report(target: string, load: number): boolean {
    if (!Number.isFinite(load) || load < 0) return false
    if (this.#reported.get(target) === load) return true
    this.#reported.set(target, load)
    this.#version += 1
    return true
  }

  /** The service is gone: when it comes again it carries nothing of before. */
  forget(target: string): void {
    if (this.#reported.delete(target)) this.#version += 1
  }

  /** What it reported, else the first overload figure of its record. */
  loadOf(candidate: Candidate): number | undefined {
    return this.#reported.get(targetKey(candidate)) ?? candidate.record.overload[0]
  }
}
