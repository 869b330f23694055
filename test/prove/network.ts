// Two network namespaces on a bridge that can be parted without either end being told.

import { spawnSync } from 'node:child_process'

const COMMAND_MS = 10_000

let made = 0

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { timeout: COMMAND_MS, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

/** Undefined where namespaces can be made here; else why not. */
export function missingForNetworks(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const { status } = spawnSync('ip', ['-V'], { timeout: COMMAND_MS })
  return status === 0 ? undefined : 'iproute2 is not installed'
}

/** At most 15 characters for a device: the names carry the process id, so that runs do not meet. */
export class PartedNetwork {
  readonly #name = `tb${process.pid}-${made++}`
  readonly #undo: string[][] = []
  readonly hosts = ['a', 'b'].map((side, index) => ({
    namespace: `${this.#name}${side}`,
    address: `10.211.${(process.pid % 250) + 1}.${index + 1}`,
  }))

  constructor() {
    try {
      this.#make(
        ['link', 'add', `${this.#name}x`, 'type', 'bridge'],
        ['link', 'del', `${this.#name}x`],
      )
      ip('link', 'set', `${this.#name}x`, 'up')
      for (const { namespace, address } of this.hosts) this.#plug(namespace, address)
    } catch (error) {
      this.remove()
      throw error
    }
  }

  #make(make: string[], undo: string[]): void {
    ip(...make)
    this.#undo.push(undo)
  }

  /** The device outside is named as the namespace, the one inside `e0`. */
  #plug(namespace: string, address: string): void {
    this.#make(['netns', 'add', namespace], ['netns', 'del', namespace])
    const inside = ['peer', 'name', 'e0', 'netns', namespace]
    this.#make(['link', 'add', namespace, 'type', 'veth', ...inside], ['link', 'del', namespace])
    ip('link', 'set', namespace, 'master', `${this.#name}x`, 'up')
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'e0')
    ip('-n', namespace, 'link', 'set', 'e0', 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }

  /** From now on nothing passes, and nobody is told: no FIN, no reset, no loss of carrier. */
  part(): void {
    ip('link', 'set', this.hosts[1]!.namespace, 'nomaster')
  }

  join(): void {
    ip('link', 'set', this.hosts[1]!.namespace, 'master', `${this.#name}x`)
  }

  /** Removes everything, whatever else fails. */
  remove(): void {
    for (const args of this.#undo.splice(0).reverse()) {
      spawnSync('ip', args, { timeout: COMMAND_MS })
    }
  }
}
