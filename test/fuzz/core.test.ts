import test from 'ava'
import { Random, seedOfRun } from '../wire/_random.js'
import { type Kept, keepCorpus, readCorpus } from './_core-corpus.js'
import { type Life, live } from './_core-life.js'
import { SCENES } from './_core-scenes.js'

const SECONDS = Number(process.env.TREEBUS_FUZZ_SECONDS ?? 5)
const NAMES = Object.keys(SCENES)
const LIVES_MIN = 400

test.serial(
  'robustness 3: every life of the corpus leaves a core and its lawful child alone',
  (t) => {
    const corpus = readCorpus()
    t.true(corpus.length > 0)
    for (const { scene, words } of corpus) {
      t.notThrows(() => live(scene, undefined, words), scene)
    }
  },
)

/** All of it comes of its number, so that one number plays it again. */
function lifeOf(seed: number, corpus: readonly Kept[]): Life {
  const random = new Random(seed)
  const name = random.pick(NAMES)
  const kept = corpus.filter(({ scene }) => scene === name)
  const words = random.once(3) && kept.length > 0 ? random.pick(kept).words : []
  try {
    return live(name, random, words)
  } catch (cause) {
    throw new Error(`TREEBUS_SEED=${seed}, a core that is ${name}: ${cause}`, { cause })
  }
}

test.serial('robustness 3: one number plays a life again, word by word', (t) => {
  const corpus = readCorpus()
  const scenes = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    const life = lifeOf(seed, corpus)
    scenes.add(life.scene)
    t.deepEqual(lifeOf(seed, corpus), life, `${seed}: ${life.scene}`)
  }
  t.is(scenes.size, NAMES.length)
})

test.serial('robustness 3: any words in any state end their own link and nothing else', (t) => {
  t.timeout(SECONDS * 1_000 + 300_000)
  const corpus = readCorpus()
  const effects = new Map<string, Life>()
  const untilMs = performance.now() + SECONDS * 1_000
  let lives = 0
  for (; lives < LIVES_MIN || performance.now() < untilMs; lives++) {
    const life = lifeOf(seedOfRun() + lives, corpus)
    if (!effects.has(life.effect)) effects.set(life.effect, life)
  }
  t.log(`${lives} lives, ${effects.size} different effects`)
  for (const name of NAMES) {
    const own = [...effects.keys()].filter((effect) => effect.startsWith(`${name}:`))
    t.true(own.length > 1, `${name}: the words do something`)
  }
  if (process.env.TREEBUS_FUZZ_KEEP !== undefined) keepCorpus([...effects.values()])
})
