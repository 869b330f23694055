// The directory under test as values: the one of this build, or a copy with a planted bug.

import type * as clientConfig from '../../../src/directory/client-config.js'
import type * as client from '../../../src/directory/directory-client.js'
import type * as decode from '../../../src/directory/directory-decode.js'
import type * as encode from '../../../src/directory/directory-encode.js'
import type * as registryConfig from '../../../src/directory/registry-config.js'
import type * as registry from '../../../src/directory/registry-core.js'

export type DirectoryKit = Pick<typeof registry, 'RegistryCore'> &
  Pick<typeof client, 'DirectoryClient'> &
  Pick<typeof registryConfig, 'REGISTRY_TIMES' | 'REGISTRY_LIMITS'> &
  Pick<typeof clientConfig, 'CLIENT_TIMES'> &
  Pick<typeof encode, 'encodeMessage'> &
  Pick<typeof decode, 'decodeMessage'>

/** The compiled `src` beside this build. */
export const OWN_SOURCE = new URL('../../../src/', import.meta.url)

export async function loadKit(folder: URL = OWN_SOURCE): Promise<DirectoryKit> {
  const files = [
    'registry-core',
    'directory-client',
    'registry-config',
    'client-config',
    'directory-encode',
    'directory-decode',
  ]
  const loaded = files.map((file) => import(new URL(`directory/${file}.js`, folder).href))
  return Object.assign({}, ...(await Promise.all(loaded))) as DirectoryKit
}
