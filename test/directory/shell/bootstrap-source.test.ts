// Sources of addresses on real nodes: read by everybody, written to by registries.

import test from 'ava'
import type { BootstrapProvider } from '../../../src/index.js'
import { until } from '../../node/_nodes.js'
import { Directories, told } from './_directories.js'

/** A store in memory that several nodes share. */
class SharedStore {
  readonly written: string[][] = []
  addresses: readonly string[] = []
  isBroken = false
  open = 0

  provider(): BootstrapProvider & { advertise(addresses: readonly string[]): Promise<void> } {
    this.open++
    return {
      name: 'shared',
      read: async () => {
        if (this.isBroken) throw new Error('cannot be asked')
        return this.addresses
      },
      advertise: async (addresses) => {
        if (this.isBroken) throw new Error('cannot be asked')
        this.written.push([...addresses])
        this.addresses = addresses
      },
      close: async () => {
        this.open--
      },
    }
  }
}

test('a registry writes where it really listens, again and again, and other nodes write nothing (001-01)', async (t) => {
  const d = new Directories(t, 'tcp')
  const store = new SharedStore()
  const node = await d.root(0x101n, { registries: store.provider() })
  const joined = told(node, 'registered')
  const registry = await d.registry(0x10n, { registries: store.provider() })
  t.deepEqual(await joined, [0x10n])
  await until(() => store.written.length >= 3)
  for (const addresses of store.written) t.deepEqual(addresses, registry.node.addresses)
  t.regex(registry.node.addresses[0] ?? '', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
})

test('a source that cannot be asked is told, and what was read before stands', async (t) => {
  const d = new Directories(t)
  const store = new SharedStore()
  const registry = await d.registry(0x10n)
  store.addresses = registry.node.addresses
  const node = await d.root(0x101n, { registries: store.provider() })
  await told(node, 'registered')
  store.isBroken = true
  const [error] = await told(node, 'bootstrap_failed')
  t.is((error as Error).message, 'cannot be asked')
  const again = told(node, 'registered')
  node.node.disconnect(0x10n)
  t.deepEqual(await again, [0x10n])
})

test('a directory that closes releases its source, and so does a node that closes', async (t) => {
  const d = new Directories(t)
  const store = new SharedStore()
  const one = await d.root(0x101n, { registries: store.provider() })
  const other = await d.root(0x102n, { registries: store.provider() })
  t.is(store.open, 2)
  await one.close()
  t.is(store.open, 1)
  await other.node.close()
  await until(() => store.open === 0)
  t.is(store.open, 0)
})
