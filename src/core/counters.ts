// What happened, counted: every message that goes nowhere and every fault has a name here.

export interface Counters {
  sent: number
  received: number
  forwarded: number
  answered: number
  /** Failure answers that had nowhere to go. */
  answersLost: number
  linksUp: number
  linksDown: number
  /** Links of one host that had to stay on their socket. */
  ringsRefused: number
  refusedByUs: number
  refusedByPeers: number
  dialsFailed: number
  pingsSent: number
  /** Words for a connection that had already ended. */
  lateInputs: number
  badFrames: number
  badMessages: number
  /** Not lawful in the state its connection was in. */
  badStates: number
  /** In clear on a keyed link, or not decipherable. */
  badCiphers: number
  /** `from` cannot be behind the link it came by. */
  badSenders: number
  /** Registrations and commands that were played again, or too old. */
  replays: number
  /** Pending connections that made room for newer ones. */
  evicted: number
  /** Members of the message union that this revision does not know. */
  unknownMessages: number
  routePacketsSent: number
  routeRecordsSent: number
  routePacketsReceived: number
  routeRecordsReceived: number
  /** Routing messages on a link where we did not ask for them. */
  lateRoutes: number
  /** Times that a link was read more slowly, for how often its table changed. */
  routesSlowed: number
  /** Records that were not taken: out of bounds, over the ceiling, not granted. */
  routesRefused: number
  /** Ids that were claimed by a life that was elsewhere. */
  falseMoves: number
  /** Our own id, announced by others. */
  ownIdHeard: number
}

export function newCounters(): Counters {
  return {
    sent: 0,
    received: 0,
    forwarded: 0,
    answered: 0,
    answersLost: 0,
    linksUp: 0,
    linksDown: 0,
    ringsRefused: 0,
    refusedByUs: 0,
    refusedByPeers: 0,
    dialsFailed: 0,
    pingsSent: 0,
    lateInputs: 0,
    badFrames: 0,
    badMessages: 0,
    badStates: 0,
    badCiphers: 0,
    badSenders: 0,
    replays: 0,
    evicted: 0,
    unknownMessages: 0,
    routePacketsSent: 0,
    routeRecordsSent: 0,
    routePacketsReceived: 0,
    routeRecordsReceived: 0,
    lateRoutes: 0,
    routesSlowed: 0,
    routesRefused: 0,
    falseMoves: 0,
    ownIdHeard: 0,
  }
}
