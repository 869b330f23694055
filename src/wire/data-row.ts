// A data message of the usual layout, found by native code: what each word of its row says.

/**
 * The order of `Row` in native/codec/data_scan.hpp. Offsets are into the memory that was scanned.
 * `END` is that of frame, forward_data and content alike: nothing stands behind the content.
 */
export const ROW_WORD = {
  END: 0,
  INNER_START: 1,
  FORWARD_START: 2,
  ROUTER_START: 3,
  ROUTER_END: 4,
  CONTENT_START: 5,
  TYPE: 6,
  ROUTER_COUNT: 7,
  SEQUENCE_LOW: 8,
  SEQUENCE_HIGH: 9,
  FROM_LOW: 10,
  FROM_HIGH: 11,
  TO_LOW: 12,
  TO_HIGH: 13,
  ROUTER_LAST_LOW: 14,
  ROUTER_LAST_HIGH: 15,
} as const

export const ROW_WORDS = 16
