// The cast of the services' demo: a small game back end, and what its players do.

export const GAME_KINDS = ['gateway', 'lobby', 'matchmaker', 'world'] as const
export type GameKind = (typeof GAME_KINDS)[number]

export interface GameActor {
  readonly id: string
  readonly kind: GameKind
  readonly name: string
}

/** The root of the tree, who keeps the list of services. */
export const KEEPER_ID = '0x1'

export const GAME_ACTORS: readonly GameActor[] = [
  { id: '0x11', kind: 'gateway', name: 'gateway-1' },
  { id: '0x12', kind: 'gateway', name: 'gateway-2' },
  { id: '0x21', kind: 'lobby', name: 'lobby-1' },
  { id: '0x22', kind: 'lobby', name: 'lobby-2' },
  { id: '0x31', kind: 'matchmaker', name: 'matchmaker-1' },
  { id: '0x41', kind: 'world', name: 'world-1' },
  { id: '0x42', kind: 'world', name: 'world-2' },
]

/** Of each gateway, who all play at once. */
export const PLAYERS_DEFAULT = 16
/** Moves of a player between two visits of the lobby. */
export const MOVES = 8
