// Row 16: what somebody without a token gets back for what it says.

import { BusNode } from '../../../src/index.js'
import { LOCAL } from '../../process/_process-node.js'
import { type Amplified, amplified } from '../../process/_strangers.js'
import { strangersWords } from '../../process/_words.js'
import { type Outcome, type RunOptions, verdictOf } from '../row.js'

export const row = 16
export const title = 'bytes out for bytes in, before registration'
export const goal = 'at most 1.5 for anything that a stranger can say'

const RATIO_MAX = 1.5

export async function run(_options: RunOptions): Promise<Outcome> {
  const node = await BusNode.start({ id: 1n, listen: [LOCAL], tokens: ['token'] })
  try {
    const all: Amplified[] = []
    for (const [name, bytes] of strangersWords()) {
      all.push(await amplified(node.addresses[0]!, name, bytes))
    }
    const ratioOf = ({ inBytes, outBytes }: Amplified) => outBytes / inBytes
    const worst = all.reduce((a, b) => (ratioOf(b) > ratioOf(a) ? b : a))
    const ratio = ratioOf(worst)
    return {
      figure: `${ratio.toFixed(2)} at most (${worst.name}: ${worst.inBytes} B → ${worst.outBytes} B)`,
      verdict: verdictOf(ratio <= RATIO_MAX),
      values: { ratio, tried: all.length, worst: worst.name },
    }
  } finally {
    await node.close()
  }
}
