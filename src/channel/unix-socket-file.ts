// The file of a listening unix socket: taking a path that is free or stale, and giving it back.
import { randomBytes } from 'node:crypto'
import { lstatSync, unlinkSync } from 'node:fs'
import { chmod, link, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'

/** A file, whatever its name is. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

// A listener that does not answer a local connect within this is busy, not gone.
const PROBE_MS = 1_000

// Between the two names of a claim pass microseconds; linking sets the file's change time.
const CLAIM_MS = 5_000

const DIRECTORY_MODE = 0o700

/**
 * A name beside `path` to bind first. The socket is moved to its path when its mode is set, so that
 * nobody can connect before; and libuv, which removes the name that it bound without looking whose
 * it is by then, has nothing to remove.
 */
export function bindPath(path: string): string {
  return join(dirname(path), `.${randomBytes(3).toString('hex')}`)
}

export async function makeDirectory(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE })
}

/** Gives the socket bound at `from` the name `to`, unless somebody answers there. */
export async function publish(from: string, to: string, mode: number): Promise<FileIdentity> {
  try {
    await chmod(from, mode)
    if (!(await linked(from, to))) {
      await removeStale(to)
      if (!(await linked(from, to))) throw new Error('taken while a stale socket was removed')
    }
    const { dev, ino } = await lstat(from)
    return { dev, ino }
  } finally {
    await unlink(from)
  }
}

/** Removes `path` if it is still that file. For a listener that is about to close. */
export function unpublish(path: string, file: FileIdentity): void {
  const now = lstatSync(path, { throwIfNoEntry: false })
  if (now !== undefined && now.dev === file.dev && now.ino === file.ino) unlinkSync(path)
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Rejects where `path` is alive or no socket at all; then it is left as it is. */
async function removeStale(path: string): Promise<void> {
  const found = await statOf(path)
  if (found === undefined) return
  if (!found.isSocket()) throw new Error('a file is there that is not a socket')
  if (await answers(path)) throw new Error('in use by another process')
  const claim = join(dirname(path), `.claim-${found.ino.toString(36)}`)
  await claimed(path, claim)
  try {
    // Who holds the claim alone removes what it names; a live socket may be at the path by now.
    const held = await lstat(claim)
    if (held.ino !== found.ino || held.dev !== found.dev)
      throw new Error('taken by another process')
    await unlink(path)
  } finally {
    await unlink(claim)
  }
}

/**
 * A second name of a stale socket that one process can make: of several that found it, that one
 * removes it. The claim of a process that was killed half way is void after a while.
 */
async function claimed(path: string, claim: string): Promise<void> {
  if (await linked(path, claim)) return
  const age = Date.now() - ((await statOf(claim))?.ctimeMs ?? Date.now())
  if (age < CLAIM_MS) throw new Error('another process is about to take it')
  await unlink(claim)
  if (!(await linked(path, claim))) throw new Error('another process is about to take it')
}

async function statOf(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Only a refused connect proves that nobody listens. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path })
    const done = (alive: boolean) => {
      clearTimeout(timer)
      probe.destroy()
      resolve(alive)
    }
    const timer = setTimeout(() => done(true), PROBE_MS)
    probe.once('connect', () => done(true))
    probe.on('error', (error) => {
      const code = codeOf(error)
      done(code !== 'ECONNREFUSED' && code !== 'ENOENT')
    })
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
