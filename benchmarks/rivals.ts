// Packages the suite compares with, which the project does not depend on.

import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A folder where `npm install moleculer nats` was run. */
const FOLDER_VARIABLE = 'TREEBUS_RIVALS'

/** Throws where the folder is not named or does not have it: its subject is then left out. */
export function loadRival<T>(name: string): T {
  const folder = process.env[FOLDER_VARIABLE]
  if (folder === undefined) throw new Error(`${FOLDER_VARIABLE} names no folder with ${name}`)
  return createRequire(join(folder, 'package.json'))(name) as T
}
