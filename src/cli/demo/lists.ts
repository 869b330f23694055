// What the list of each process shows, as its events tell, and waiting until all show the same.

import { type NodeEvent, WATCHDOG_MS } from './node-process.js'

export interface Shown {
  readonly list: string
  readonly atMs: number
}

export interface Loss {
  readonly list: string
  readonly service: string
  readonly reason: string
}

export class Lists {
  /** By process: the nodes whose services are up in its list. */
  readonly #lists = new Map<string, Set<string>>()
  /** Every service that went down in any list. */
  readonly losses: Loss[] = []
  readonly #looks = new Set<() => void>()

  /** A process begins with an empty list. */
  begin(id: string): void {
    this.#lists.set(id, new Set())
  }

  end(id: string): void {
    this.#lists.delete(id)
  }

  told(id: string, event: NodeEvent): void {
    const list = this.#lists.get(id)
    const service = String(event['node'])
    // Registries are services of the list as well, and not what the demo counts.
    if (list === undefined || event['app'] === 'registry') return
    if (event['event'] === 'service_up') list.add(service)
    else if (event['event'] === 'service_down') {
      list.delete(service)
      this.losses.push({ list: id, service, reason: String(event['reason']) })
    }
    for (const look of [...this.#looks]) look()
  }

  shows(id: string): number {
    return this.#lists.get(id)?.size ?? 0
  }

  /**
   * Resolves with when each of the lists had it so, on the clock of this process, the first first.
   * A process lists others only, so its own service counts as shown, and never as missing.
   */
  all(service: string, isShown: boolean): Promise<Shown[]> {
    const shown = new Map<string, number>()
    return this.#until(`${service} ${isShown ? 'in' : 'out of'} all lists`, () => {
      for (const [id, list] of this.#lists) {
        const isSo = id === service || list.has(service) === isShown
        if (isSo && !shown.has(id)) shown.set(id, performance.now())
      }
      return [...this.#lists.keys()].every((id) => shown.has(id))
    }).then(() => [...shown].map(([list, atMs]) => ({ list, atMs })))
  }

  /** Resolves when one list shows all of these. */
  whole(id: string, services: readonly string[]): Promise<void> {
    return this.#until(`the whole list of ${id}`, () => {
      const list = this.#lists.get(id)
      return services.every((service) => service === id || list?.has(service) === true)
    })
  }

  #until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#looks.delete(look)
      }
      const look = (): void => {
        if (!holds()) return
        end()
        resolve()
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`${what}: not within ${WATCHDOG_MS} ms`))
      }, WATCHDOG_MS)
      this.#looks.add(look)
      look()
    })
  }
}
