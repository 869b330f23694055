import test from 'ava'
import { fullTables, layers } from './big-trees.js'
import { changeAmong, joinAtOnce, oneChange, parentRestart } from './costs.js'

test('one change is one record on each link and direction at most', (t) => {
  const { join, leave } = oneChange(3, 3)
  t.deepEqual([join.records, join.removes], [1, 0])
  t.deepEqual([leave.records, leave.removes], [1, 1])
})

test('what a change costs does not grow with what is known', (t) => {
  const few = changeAmong(10)
  const many = changeAmong(400)
  // The number of a change takes a byte more now and then: twice on each of two links.
  t.true(many.join.bytes - few.join.bytes <= 4)
  t.true(many.leave.bytes - few.leave.bytes <= 4)
  t.deepEqual([many.join.records, many.leave.records], [2, 2])
  t.is(many.join.packets, few.join.packets)
})

test('children that join at once are told of each other once, a thousand to a packet', (t) => {
  const children = 1_050
  const { packets, records, removes } = joinAtOnce(children)
  t.deepEqual({ packets, records, removes }, { packets: 2, records: children - 1, removes: 0 })
})

test('a parent that restarts hears of each node once, and nobody below it hears a REMOVE', (t) => {
  const [branches, leaves] = [20, 10]
  const nodes = branches * (leaves + 1)
  const { known, most, removesBelow } = parentRestart(branches, leaves)
  t.is(removesBelow, 0)
  t.is(known, nodes + 1)
  // What is gone is told upwards once, and what is back once, the parent among it.
  t.true(most.records <= 2 * (nodes + 1))
})

test('trees of whole tables and of layers converge', (t) => {
  t.is(fullTables(150, 6).records, 150 * 149)
  const { nodes, records } = layers(1_111)
  t.is(nodes, 1_111)
  // The root and ten below it know all; a branch its ten leaves and its parent; a leaf its parent.
  t.is(records, 11 * 1_110 + 100 * 11 + 1_000)
})
