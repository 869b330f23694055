// The cases of libatbus that say nothing of a treebus node, each with the reason.

export interface Exemption {
  /** `suite.case`, or several of one suite as `suite.{a, b}`. */
  readonly cases: readonly string[]
  readonly reason: string
}

const within = (suite: string, ...names: string[]): string[] =>
  names.map((name) => `${suite}.${name}`)

const SHARED_MEMORY =
  'Shared memory of libatbus is never used with plain peers: neither mem nor shm is announced \
(spec C.4), so no peer waits for it. Traffic within a process takes inproc.'

export const NOT_APPLICABLE: readonly Exemption[] = [
  {
    cases: within(
      'buffer',
      'buffer_block',
      'dynamic_buffer_manager_bf',
      'static_buffer_manager_bf',
      'static_buffer_manager_circle_bf',
      'dynamic_buffer_manager_fb',
      'static_buffer_manager_fb',
      'static_buffer_manager_circle_fb',
      'dynamic_buffer_manager_merge',
      'static_buffer_manager_merge_back',
      'static_buffer_manager_merge_front',
    ),
    reason:
      'Block lists inside the C++ process. Ours are staging areas and receive memory; their limits \
and order are held by test/channel/staging.test.ts and test/wire/frame.test.ts.',
  },
  {
    cases: within(
      'channel',
      'mem_attach_with_invalid_magic',
      'mem_attach_with_invalid_version',
      'mem_attach_with_invalid_align_size',
      'mem_attach_with_invalid_host_size',
      'mem_show_channel',
      'shm_attach_with_invalid_magic',
      'shm_attach_with_invalid_version',
      'shm_attach_with_invalid_align_size',
      'shm_attach_with_invalid_host_size',
      'shm_show_channel',
      'shm_siso',
    ),
    reason: SHARED_MEMORY,
  },
  { cases: within('atbus_node_reg', 'shm_and_send'), reason: SHARED_MEMORY },
  {
    cases: within(
      'libatbus_error',
      'wstrerror_known_and_unknown',
      'u16_u32_strerror',
      'u8_strerror',
    ),
    reason: 'JavaScript has one kind of string.',
  },
  {
    cases: within('atbus_endpoint', 'connection_basic', 'endpoint_basic'),
    reason: 'Creation without an owner: the compiler refuses it, and nobody outside creates these.',
  },
  {
    cases: within(
      'atbus_connection_context',
      'padding_zero_size',
      'padding_tiny',
      'padding_small',
      'padding_medium',
      'padding_large',
      'padding_result_ge_input',
      'padding_alignment_properties',
      'padding_monotonicity',
      'padding_max_overhead',
    ),
    reason: 'Rounding of allocations inside the C++ process; never on the wire (spec A.3).',
  },
  {
    cases: [
      'atbus_access_data_crosslang.generate_index_file',
      'atbus_connection_context_crosslang.generate_index_file',
      'atbus_connection_context_crosslang.generate_full_index_file',
    ],
    reason: 'Lists the files that the generator wrote.',
  },
  {
    cases: within('go', 'buffer'),
    reason:
      'Block lists again, and rounding of allocations; the length encoding is under buffer.varint.',
  },
  {
    cases: within('go', 'root_package'),
    reason: 'Constructors of Go types. Its parsers of names are under atbus_node_setup.',
  },
]

export function exemptions(): Map<string, string> {
  return new Map(NOT_APPLICABLE.flatMap(({ cases, reason }) => cases.map((name) => [name, reason])))
}
