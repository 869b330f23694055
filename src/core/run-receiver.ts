// Takes usual messages many at a time, where native code finds them: what libatbus nodes send.

import { DataRun, type DataScan } from '../wire/data-run.js'
import type { FrameReader } from '../wire/frame.js'
import type { Connection } from './connection.js'
import type { CoreState } from './core-state.js'
import type { DataPath } from './data-path.js'

interface RunRooms {
  readonly state: CoreState
  readonly data: DataPath
  /** To be told before the first message of a read. */
  readonly heard: (connection: Connection) => void
  /** Whether more of it may be read now. */
  readonly reads: (connection: Connection) => boolean
  /** A message has to wait, and is to be read again. */
  readonly unread: (connection: Connection) => void
}

/** After a frame that was none of the usual: a scan in vain costs as much as reading one. */
const FRAMES_ALONE = 8

export class RunReceiver {
  readonly #rooms: RunRooms
  readonly #run: DataRun

  constructor(rooms: RunRooms, scan: DataScan) {
    this.#rooms = rooms
    this.#run = new DataRun(scan)
  }

  /**
   * The next frames, as far as they are usual messages of somebody who writes no records. Each is
   * stepped over on its own, so this may end at any of them. False where nothing was done.
   */
  take(connection: Connection, reader: FrameReader): boolean {
    const { link, session } = connection
    if (link === undefined || link.takesRecords || session.refusesClear) return false
    if (connection.framesAlone > 0) {
      connection.framesAlone--
      return false
    }
    const { data, heard, reads, state, unread } = this.#rooms
    const run = this.#run
    const count = run.scan(reader, state.messageBytesMax)
    if (count === 0) {
      connection.framesAlone = FRAMES_ALONE
      return false
    }
    heard(connection)
    const { generation } = run
    for (let index = 0; index < count && run.generation === generation; index++) {
      if (state.hasEffects || connection.link !== link || !reads(connection)) break
      run.load(index, reader)
      if (!data.offer(connection, link, run.head, 'data_req', run.data)) unread(connection)
      else if (!data.wasLent) reader.keep()
    }
    return true
  }

  /** Lets go of the memory of the last message. */
  release(): void {
    this.#run.release()
  }
}
