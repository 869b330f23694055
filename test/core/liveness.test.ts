import test from 'ava'
import { Liveness } from '../../src/core/liveness.js'

const DEFAULTS = { intervalMs: 8_000, missesMax: 2 }

type Step = { atMs: number; heard?: boolean; dueMs?: number; verdict?: string; untilMs?: number }

const STORIES: Record<string, Step[]> = {
  'silence is pinged at 8 and 16 seconds and over at 24': [
    { atMs: 8_000, verdict: 'ping', untilMs: 16_000 },
    { atMs: 16_000, verdict: 'ping', untilMs: 24_000 },
    { atMs: 24_000, verdict: 'silent' },
  ],
  'a word moves the deadline without a ping': [
    { atMs: 5_000, heard: true },
    { atMs: 8_000, verdict: 'wait', untilMs: 13_000 },
    { atMs: 13_000, verdict: 'ping', untilMs: 21_000 },
  ],
  'a word after two pings forgives both': [
    { atMs: 8_000, verdict: 'ping', untilMs: 16_000 },
    { atMs: 16_000, verdict: 'ping', untilMs: 24_000 },
    { atMs: 23_999, heard: true },
    { atMs: 24_000, verdict: 'wait', untilMs: 31_999 },
    { atMs: 31_999, verdict: 'ping', untilMs: 39_999 },
    { atMs: 39_999, verdict: 'ping', untilMs: 47_999 },
    { atMs: 47_999, verdict: 'silent' },
  ],
  'a judge that was late by one interval is no stall': [
    { atMs: 8_000, verdict: 'ping', untilMs: 16_000 },
    { atMs: 16_000, verdict: 'ping', untilMs: 24_000 },
    { atMs: 32_000, dueMs: 24_000, verdict: 'silent' },
  ],
  'robustness 23: after a stall of our own the peer gets one more interval': [
    { atMs: 8_000, verdict: 'ping', untilMs: 16_000 },
    { atMs: 16_000, verdict: 'ping', untilMs: 24_000 },
    { atMs: 32_001, dueMs: 24_000, verdict: 'ping', untilMs: 40_001 },
    { atMs: 40_001, verdict: 'silent' },
  ],
  'robustness 23: one who speaks after our stall is alive': [
    { atMs: 8_000, verdict: 'ping', untilMs: 16_000 },
    { atMs: 16_000, verdict: 'ping', untilMs: 24_000 },
    { atMs: 90_000, dueMs: 24_000, verdict: 'ping', untilMs: 98_000 },
    { atMs: 90_001, heard: true },
    { atMs: 98_000, verdict: 'wait', untilMs: 98_001 },
  ],
}

for (const [title, steps] of Object.entries(STORIES)) {
  test(title, (t) => {
    const liveness = new Liveness(0, DEFAULTS)
    t.is(liveness.firstDeadlineMs, 8_000)
    for (const step of steps) {
      if (step.heard) {
        liveness.heard(step.atMs)
        continue
      }
      const verdict = liveness.judge(step.atMs, step.dueMs ?? step.atMs)
      t.is(verdict.kind, step.verdict as typeof verdict.kind, `at ${step.atMs}`)
      if (verdict.kind !== 'silent') t.is(verdict.untilMs, step.untilMs ?? 0)
    }
  })
}

test('without tolerated misses one interval of silence is the end', (t) => {
  const liveness = new Liveness(100, { intervalMs: 50, missesMax: 0 })
  t.is(liveness.judge(150, 150).kind, 'silent')
})
