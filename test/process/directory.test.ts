// The directory between real processes: registries killed and restarted empty, nodes that crash.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Random, seedOfRun } from '../wire/_random.js'
import { DirectoryCluster, HUB, REGISTRIES, SERVICES } from './_directory-cluster.js'
import { inTheEnd, sleep, until } from './_process-node.js'

const PER_SECOND = 2_000

test.serial(
  'registries killed and restarted empty cost no message and no list a living entry (000-18b, 000-22, 000-24)',
  async (t) => {
    const c = new DirectoryCluster(t)
    await c.assemble()
    const share = PER_SECOND / SERVICES.length
    await Promise.all(SERVICES.map((id) => c.node(id).order('startFlow', 'load', share)))

    // Two of three die, one after the other, and come back with nothing.
    for (const id of [REGISTRIES[1], REGISTRIES[0]]) {
      await c.kill(id)
      await sleep(300)
    }
    const late = 0x201n
    await c.service(late)
    for (const id of SERVICES) await c.sees(id, [late])
    for (const id of [REGISTRIES[1], REGISTRIES[0]]) {
      await c.registry(id)
      await c.sees(id, [...SERVICES, late])
    }

    // All three die: the services go on, and who comes now waits.
    for (const id of REGISTRIES) await c.kill(id)
    const pending = 0x202n
    const waiting = await c.service(pending)
    await sleep(1_000)
    t.is(waiting.count('registered'), 0)
    for (const id of REGISTRIES) await c.registry(id)
    await waiting.hear('registered')
    for (const id of SERVICES) await c.sees(id, [pending])
    for (const id of REGISTRIES) await c.sees(id, [...SERVICES, late, pending])

    const all = [...SERVICES, late, pending]
    await Promise.all(SERVICES.map((id) => c.node(id).order('stopFlow')))
    // Until nothing more arrives: what is missing then is lost.
    let before = -1
    for (let now = await c.flows(all); now.received > before; now = await c.flows(all)) {
      before = now.received
      if (now.received >= now.sent) break
      await sleep(10_000)
    }
    const flows = await c.flows(all)
    t.true(flows.sent > PER_SECOND)
    t.is(flows.received, flows.sent)
    t.is(flows.undelivered, 0)
    t.deepEqual(flows.otherwise, {})
    t.deepEqual(c.losses(all), [])
  },
)

test.serial('a process that is killed is down in every list (001-03b)', async (t) => {
  const c = new DirectoryCluster(t)
  await c.assemble()
  const [victim, ...others] = SERVICES
  await c.kill(victim)
  for (const id of others) {
    const down = await c.node(id).hear<{ id: bigint }>('down', (one) => one.id === victim)
    t.is((down.detail as { reason: string }).reason, 'link_lost')
    const services = await c.node(id).order<bigint[]>('services', 'load')
    t.false(services.includes(victim))
  }
})

test.serial('a process that closes its node tells every registry (000-13a)', async (t) => {
  const c = new DirectoryCluster(t)
  await c.assemble()
  const [leaver] = SERVICES
  await c.node(leaver).order('close')
  for (const id of REGISTRIES) {
    const left = await c.node(id).hear<{ id: bigint }>('left', (one) => one.id === leaver)
    t.is((left.detail as { reason: string }).reason, 'cancel')
    t.false((await c.node(id).order<bigint[]>('members')).includes(leaver))
  }
})

test.serial('killed and started again at once a process takes its place (X-49)', async (t) => {
  const c = new DirectoryCluster(t)
  await c.assemble()
  const [victim, other] = SERVICES
  const before = await c.node(other).order<string>('incarnationOf', victim)
  await c.kill(victim)
  await c.service(victim)
  for (const id of [other, ...REGISTRIES]) {
    const isAnew = async () => {
      const now = await c.node(id).order<string>('incarnationOf', victim)
      const services = await c.node(id).order<bigint[]>('services', 'load')
      return now !== undefined && now !== before && services.includes(victim)
    }
    t.true(await inTheEnd(isAnew, true))
  }
})

test.serial(
  'killing the watched registry moves the watch and loses no service (X-38)',
  async (t) => {
    const c = new DirectoryCluster(t)
    await c.assemble()
    const [watcher] = SERVICES
    const watched = (await c.node(watcher).order<bigint>('watched')) as 0x10n | 0x11n | 0x12n
    await c.kill(watched)
    await until(async () => {
      const now = await c.node(watcher).order<bigint | undefined>('watched')
      return now !== undefined && now !== watched && !(await c.node(watcher).order('isStale'))
    })
    t.deepEqual(c.losses(SERVICES), [])
    // The new one is followed: what comes is seen.
    await c.service(0x201n)
    await c.sees(watcher, [0x201n])
  },
)

test.serial('a registry that moves is found, and the lists stand meanwhile (001-04)', async (t) => {
  const c = new DirectoryCluster(t, [])
  const file = join(c.folder, 'registries')
  const write = (address: string): void => {
    writeFileSync(`${file}.new`, address)
    renameSync(`${file}.new`, file)
  }
  await c.hub()
  const registry = { registry: { times: { warmUpMs: 500 } } }
  await c.start(0x10n, registry, true)
  write(c.address(0x10n))
  const services = SERVICES.slice(0, 2)
  for (const id of services) await c.service(id, { registryFile: file })
  for (const id of services) await c.sees(id, services)
  await c.kill(0x10n)
  for (const id of services) await c.node(id).hear('list', (state) => state === 'stale')
  for (const id of services) {
    const shown = await c.node(id).order<bigint[]>('services', 'load')
    t.is(shown.length, services.length)
  }
  await c.start(0x11n, registry, true)
  write(c.address(0x11n))
  for (const id of services) await c.node(id).hear('registered', (one) => one === 0x11n)
  await c.sees(0x11n, services)
  t.deepEqual(c.losses(services), [])
})

test.serial(
  'cut and restored 100 times a link leaves one record and one watch (000-17)',
  async (t) => {
    const c = new DirectoryCluster(t, [0x10n])
    await c.hub()
    const registry = await c.registry(0x10n)
    const node = await c.service(0x101n, { times: { registryRetryMs: 5 } })
    await node.hear('registered')
    const incarnation = await registry.order('incarnationOf', 0x101n)
    const listeners = await node.order('listeners')
    for (let cut = 1; cut <= 100; cut++) {
      const known = node.count('registered')
      await node.order('disconnect', 0x10n)
      await until(() => node.count('registered') > known)
    }
    // It registers by way of the hub as well: its own link may come up a moment later.
    const peers = async () => (await registry.order<bigint[]>('peers')).filter((id) => id !== HUB)
    t.deepEqual(await inTheEnd(peers, [0x101n]), [0x101n])
    t.is(await inTheEnd(() => node.order('listeners'), listeners), listeners)
    t.is(await registry.order('incarnationOf', 0x101n), incarnation)
    t.deepEqual(await registry.order('members'), [0x10n, 0x101n])
    // Its own, the hub's, and that of the node.
    t.is(await inTheEnd(() => registry.order('watchers'), 3), 3)
  },
)

test.serial(
  'after joins, leaves, kills and cuts all registries hold one table (000-23)',
  async (t) => {
    const c = new DirectoryCluster(t)
    await c.assemble()
    const random = new Random(seedOfRun())
    const living = new Set<bigint>(SERVICES)
    const one = (): bigint => [...living][random.below(living.size)] ?? SERVICES[0]
    for (let step = 0n; step < 24n; step++) {
      const id = one()
      const choice = living.size < 3 ? 0 : random.below(4)
      if (choice === 0) {
        await c.service(0x200n + step)
        living.add(0x200n + step)
      } else if (choice === 1) {
        await c.node(id).order('disconnect', REGISTRIES[random.below(REGISTRIES.length)])
      } else {
        if (choice === 2) await c.node(id).order('close')
        await c.kill(id)
        living.delete(id)
      }
    }
    const ids = (nodes: Iterable<bigint>): string => [...nodes].map(String).sort().join(' ')
    const reachable = ids(living)
    for (const registry of REGISTRIES) {
      await until(async () => {
        const shown = await c.node(registry).order<bigint[]>('services', 'load')
        return ids(shown) === reachable
      })
    }
    const [first = [], ...others] = await Promise.all(
      REGISTRIES.map((id) => tableOf(c, id, [...living])),
    )
    t.is(first.length, living.size)
    for (const other of others) t.deepEqual(other, first)
    // Who cut a link in the last steps dials again first.
    for (const id of living) {
      await until(async () => {
        const peers = await c.node(id).order<bigint[]>('peers')
        return REGISTRIES.every((registry) => peers.includes(registry))
      })
    }
  },
)

function tableOf(c: DirectoryCluster, registry: bigint, ids: readonly bigint[]): Promise<string[]> {
  const lives = ids.map((id) => c.node(registry).order<string>('incarnationOf', id))
  return Promise.all(lives)
}

test.serial(
  'what consumers and providers say to each other passes no registry (000-25)',
  async (t) => {
    const c = new DirectoryCluster(t)
    await c.assemble()
    const forwarded = () => Promise.all(REGISTRIES.map((id) => c.node(id).order('forwarded')))
    const before = await forwarded()
    for (const id of SERVICES) await c.node(id).order('startFlow', 'load', 200)
    await until(async () => (await c.flows(SERVICES)).received > 1_000)
    for (const id of SERVICES) await c.node(id).order('stopFlow')
    t.deepEqual(await forwarded(), before)
    t.deepEqual((await c.flows(SERVICES)).otherwise, {})
  },
)
