// What the directory answers: one number for each outcome, the first ones those of HTTP's family.

export const RESULT = {
  OK: 0,
  NOT_MODIFIED: -304,
  /** A field is missing or unlawful; nothing was stored. */
  BAD_REQUEST: -400,
  /** Another node's record, or an operation for administrators. */
  FORBIDDEN: -403,
  NOT_FOUND: -404,
  /** The asked one knows a newer version, which comes with the answer. */
  STALE: -409,
  /** A node id, service id, name or record key that somebody else holds. */
  ID_CONFLICT: -410,
  /** This incarnation was taken out of service. */
  RETIRED: -411,
  /** The registry is still warming up: what it shows may be incomplete. */
  NOT_READY: -503,
} as const

export type ResultCode = (typeof RESULT)[keyof typeof RESULT]

/** Why something was refused, and by which of its fields. */
export interface Refusal {
  readonly code: ResultCode
  /** The field or key that is wrong, `records[2].status` or `name:login`. */
  readonly what: string
  readonly says: string
}
