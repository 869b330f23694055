// Addresses in a file, one on each line; it may be replaced while the node runs.

import { open } from 'node:fs/promises'
import { type BootstrapProvider, lawfulAddresses } from './bootstrap-provider.js'

/** Sixty-four long addresses and as much comment again fit. */
const FILE_BYTES_MAX = 64 * 1024

export class FileProvider implements BootstrapProvider {
  readonly name: string
  readonly #path: string

  constructor(path: string) {
    this.name = `file ${path}`
    this.#path = path
  }

  /** Lines that begin with `#` are comments. A file that is not there yet is an empty list. */
  async read(): Promise<readonly string[]> {
    const text = await this.#text()
    return lawfulAddresses(text.split('\n').filter((line) => !line.trimStart().startsWith('#')))
  }

  async close(): Promise<void> {}

  async #text(): Promise<string> {
    const file = await open(this.#path, 'r').catch(absentAsUndefined)
    if (file === undefined) return ''
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(FILE_BYTES_MAX) })
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  }
}

function absentAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
