import test from 'ava'
import { seedOfRun } from '../wire/_random.js'
import { flapInTheStorm } from './_weather.js'

test.serial('robustness 26: 40 of 100 links are lost, and nothing comes twice', async (t) => {
  t.timeout(300_000)
  const weather = await flapInTheStorm(20, seedOfRun())
  t.log(JSON.stringify(weather))
  t.true(weather.lostPercent >= 30, 'the weather is bad')
  t.true(weather.delivered > 1_000)
  t.is(weather.duplicates, 0)
  t.is(weather.outOfOrder, 0)
  t.true(weather.allBack, 'in fine weather everybody is heard by everybody')
  t.is(weather.linksLeft, 0)
  // What the runner itself gives back meanwhile is no leak.
  t.true(weather.handlesMore <= 0, `${weather.handlesMore} handles more`)
  t.is(weather.timersMore, 0)
})
