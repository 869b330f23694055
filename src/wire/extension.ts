// What the extension field of a forwarded message says: ours, carried unchanged by plain nodes.

/** Values of `Extension.kind`; 0 means that there is none. */
export const EXTENSION = {
  NONE: 0,
  REQUEST: 1,
  REPLY: 2,
  /** The request is not answered; `code` says why. */
  REFUSAL: 3,
  PROBE: 4,
  PROBE_REPLY: 5,
  PEERS_QUERY: 6,
  PEERS_REPLY: 7,
  /** Which life answers to an id; the reply's content is what `life.ts` writes. */
  LIFE_PROBE: 8,
  LIFE_REPLY: 9,
  /** The last message on an old path; its number names the change. */
  MARK: 10,
  /** From below a plain node: shows the nodes above that the sender is there. */
  SIGHTING: 11,
  /** Its content is records (data-record.ts): many messages, sealed as one. */
  BUNDLE: 12,
  /** Of a layer above the node (`node.openLayer`): its content means something only there. */
  DIRECTORY: 32,
  SERVICE: 33,
} as const

/** What `code` says of a mark. */
export const MARK_CODE = {
  LAST_WORD: 0,
  /** On the new path: the mark of this number is the last word on the old one. */
  ANNOUNCED: 1,
} as const

/** From here on, kinds belong to layers above the node. */
export const LAYER_KINDS_FROM = EXTENSION.DIRECTORY

export type ExtensionKind = (typeof EXTENSION)[keyof typeof EXTENSION]
