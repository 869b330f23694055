import test from 'ava'
import { ATTACKS, attack, playedAgain } from './_attacks.js'

for (const one of ATTACKS) {
  test.serial(
    `robustness 11: on its way between two nodes, ${one.name} achieves nothing`,
    async (t) => {
      t.timeout(300_000)
      const { injected, linked, recovered } = await attack(one)
      t.is(injected, 0, 'nothing that was injected is delivered')
      t.false(linked, 'no link comes of an altered registration')
      t.true(recovered, 'and the two find each other again, under keys')
    },
  )
}

test('a sealed message that is played again is not delivered twice', async (t) => {
  const { seen, meant } = await playedAgain()
  t.is(seen, meant)
})
