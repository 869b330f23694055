// Row 15: connections that come and go without end.

import { LOCAL, Processes } from '../../process/_process-node.js'
import { churn } from '../../process/_strangers.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 15
export const title = 'connections that come and go'
export const goal = 'open files return to what they were ± 5; a standing link holds'
export const sizes = { quick: '20,000 connections', full: '600,000 in 60 s' }

const FILES_OFF_MAX = 5

export async function run({ full }: RunOptions): Promise<Outcome> {
  if (process.platform !== 'linux') {
    return { figure: 'several loopback addresses need Linux', verdict: 'skipped', values: {} }
  }
  const wish = full ? { connections: 600_000, seconds: 60 } : { connections: 20_000 }
  const all = new Processes({})
  try {
    const tokens = ['token']
    const here = await all.start({ id: 1n, listen: [LOCAL], tokens })
    const child = await all.start({ id: 2n, parent: here.addresses, tokens })
    const { arrived, seconds, filesBefore, filesAfter } = await churn(here, wish)
    const stands = (await child.order('request', 1n, 'x', 10_000)) === 'x'
    const downs = child.count('link_down')
    const off = filesAfter - filesBefore
    const perSecond = Math.round(arrived / seconds)
    return {
      figure:
        `${arrived.toLocaleString('en')} at ${perSecond.toLocaleString('en')}/s: ` +
        `${off} files more, ${downs} links lost`,
      verdict: verdictOf(Math.abs(off) <= FILES_OFF_MAX && stands && downs === 0),
      values: { arrived, perSecond, files: off, downs },
    }
  } finally {
    await all.end()
  }
}
