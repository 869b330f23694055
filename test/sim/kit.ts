// The core under test as values: the one of this build, or a copy with a planted bug.

import type * as config from '../../src/core/config.js'
import type * as nodeCore from '../../src/core/node-core.js'
import type * as primitives from '../../src/node/primitives.js'
import type * as frame from '../../src/wire/frame.js'

export interface CoreKit {
  readonly NodeCore: typeof nodeCore.NodeCore
  readonly DEFAULT_CONFIG: typeof config.DEFAULT_CONFIG
  readonly FrameReader: typeof frame.FrameReader
  readonly primitives: typeof primitives.nodePrimitives
}

/** The compiled `src` beside this build. */
export const OWN_SOURCE = new URL('../../src/', import.meta.url)

/** Everything comes from one folder: classes of two copies would not know each other. */
export async function loadKit(folder: URL = OWN_SOURCE): Promise<CoreKit> {
  const load = (path: string): Promise<unknown> => import(new URL(path, folder).href)
  const [core, rules, reader, crypto] = (await Promise.all([
    load('core/node-core.js'),
    load('core/config.js'),
    load('wire/frame.js'),
    load('node/primitives.js'),
  ])) as [typeof nodeCore, typeof config, typeof frame, typeof primitives]
  return {
    NodeCore: core.NodeCore,
    DEFAULT_CONFIG: rules.DEFAULT_CONFIG,
    FrameReader: reader.FrameReader,
    primitives: crypto.nodePrimitives,
  }
}
