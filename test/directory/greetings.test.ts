import test from 'ava'
import { type Cluster, cluster } from './_cluster.js'

function loseGreetings(c: Cluster, to: bigint): void {
  c.world.onSend = (sent) => {
    c.sent.push(sent)
    return sent.to === to && sent.message.kind === 'hello'
  }
}

function keepAll(c: Cluster): void {
  c.world.onSend = (sent) => {
    c.sent.push(sent)
    return false
  }
}

test('a registry whose greeting was lost is asked for it, and has the node within 2 s', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n], nodes: [0x101n] })
  c.world.kill(0x11n)
  c.world.run(1_000)
  loseGreetings(c, 0x101n)
  c.world.startRegistry(0x11n, 'z1')
  c.world.run(500)
  keepAll(c)
  c.world.run(1_500)
  t.true(
    c.sent.some(({ from, to, message }) => {
      return from === 0x101n && to === 0x11n && message.kind === 'register'
    }),
  )
})

test('who missed the greetings of all registries registers and has a list all the same', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x102n] })
  loseGreetings(c, 0x101n)
  c.world.startNode(0x101n)
  c.world.run(3_000)
  t.is(c.store(0x10n).get(0x101n), undefined)
  keepAll(c)
  c.world.run(4_000)
  t.true(c.store(0x10n).get(0x101n) !== undefined)
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
})

test('greetings are asked for at growing intervals, and no more once they have come', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [] })
  loseGreetings(c, 0x101n)
  c.world.startNode(0x101n)
  c.world.run(300_000)
  const count = () => c.sent.filter(({ to, message }) => to === 0x101n && message.kind === 'hello')
  const asked = count().length
  // 1 + 2 + 4 + 8 + 16 s, then each 30 s.
  t.true(asked >= 12 && asked <= 16, `${asked}`)
  keepAll(c)
  c.world.run(60_000)
  const heard = count().length
  c.world.run(600_000)
  t.is(count().length, heard)
})

test('a registry that one peer missed is asked for its greeting with the next comparison', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n, 0x12n], nodes: [] })
  const status = () => c.world.life(0x10n).registry?.status().peers
  const peer = () => status()?.find(({ busId }) => busId === 0x11n)?.status
  // The other end sees nothing of it, so nothing is news to it.
  c.world.life(0x10n).give({ kind: 'route', id: 0x11n, up: false })
  c.world.onSend = ({ from, message }) => message.kind === 'hello' && from === 0x11n
  c.world.life(0x10n).give({ kind: 'route', id: 0x11n, up: true })
  c.world.run(1_000)
  t.is(peer(), 'lost')
  c.world.onSend = () => false
  c.world.run(10_000)
  t.is(peer(), 'up')
})

test('registries that missed each other greet again with the next comparison', (t) => {
  const c = cluster({ registries: [0x10n, 0x11n, 0x12n], nodes: [] })
  c.world.cut((a, b) => a === 0x10n && b === 0x11n)
  c.world.run(1_000)
  c.world.onSend = ({ from, to, message }) => {
    return message.kind === 'hello' && from !== 0x12n && to !== 0x12n
  }
  c.world.heal()
  c.world.run(1_000)
  const peer = () =>
    c.world
      .life(0x10n)
      .registry?.status()
      .peers.find((one) => one.busId === 0x11n)
  t.is(peer()?.status, 'lost')
  c.world.onSend = () => false
  c.world.run(10_000)
  t.is(peer()?.status, 'up')
})

test('a watcher whose batch came back is reminded, and has its list whole a second later', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  c.world.onSend = ({ to, message }) => {
    return to === 0x101n && message.kind === 'batch' && message.puts.length > 0
  }
  c.world.startNode(0x102n)
  c.world.run(200)
  t.is(c.table(0x101n).get(0x102n), undefined)
  keepAll(c)
  c.sent.length = 0
  c.world.life(0x10n).give({ kind: 'undelivered', id: 0x101n })
  c.world.life(0x10n).give({ kind: 'undelivered', id: 0x102n })
  c.world.life(0x10n).give({ kind: 'undelivered', id: 0x103n })
  c.world.run(1_500)
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
  const empty = c.sent.filter(
    ({ message }) => message.kind === 'batch' && message.puts.length === 0,
  )
  t.deepEqual(empty.map(({ to }) => to).sort(), [0x101n, 0x102n])
})

test('a reminder tells first what its watcher had not been told yet', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  c.world.life(0x10n).give({ kind: 'undelivered', id: 0x101n })
  c.world.run(995)
  c.registerBare(0x10n, 0x1_0000n)
  // Waits for its turn when the reminder is due, 5 ms from here.
  c.registerBare(0x10n, 0x1_0001n)
  c.world.run(500)
  t.not(c.table(0x101n).get(0x1_0001n), undefined)
})

test('a watcher that only the registry lost sight of watches again as soon as it is back', (t) => {
  const c = cluster({ registries: [0x10n], nodes: [0x101n] })
  const registry = c.world.life(0x10n)
  registry.give({ kind: 'route', id: 0x101n, up: false })
  t.is(registry.registry?.status().watchers, 0)
  c.world.startNode(0x102n)
  c.world.run(500)
  registry.give({ kind: 'route', id: 0x101n, up: true })
  c.world.run(500)
  t.is(registry.registry?.status().watchers, 2)
  t.is(c.table(0x101n).get(0x102n)?.isUp, true)
})
