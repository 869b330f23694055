// The test cases of libatbus by suite, names only (spec H), and of its Go sibling by test file.

/** What the names of a suite stand for on the page. */
export interface Suite {
  readonly name: string
  readonly about: string
  readonly cases: readonly string[]
}

const names = (text: string): string[] => text.trim().split(/\s+/)

const CXX: readonly Suite[] = [
  {
    name: 'buffer',
    about: 'lengths on the wire and memory blocks',
    cases: names(`
      varint buffer_block
      dynamic_buffer_manager_bf static_buffer_manager_bf static_buffer_manager_circle_bf
      dynamic_buffer_manager_fb static_buffer_manager_fb static_buffer_manager_circle_fb
      dynamic_buffer_manager_merge static_buffer_manager_merge_back
      static_buffer_manager_merge_front`),
  },
  {
    name: 'channel',
    about: 'carriers of bytes, and addresses',
    cases: names(`
      io_stream_tcp_basic io_stream_tcp_reset_by_client io_stream_tcp_reset_by_server
      io_stream_tcp_size_extended io_stream_tcp_connect_failed io_stream_callback_on_written
      io_stream_tcp_read_head_compaction
      io_stream_unix_basic io_stream_unix_reset_by_client io_stream_unix_reset_by_server
      io_stream_unix_size_extended io_stream_unix_connect_failed
      mem_attach_with_invalid_magic mem_attach_with_invalid_version
      mem_attach_with_invalid_align_size mem_attach_with_invalid_host_size
      mem_show_channel mem_siso mem_miso
      shm_attach_with_invalid_magic shm_attach_with_invalid_version
      shm_attach_with_invalid_align_size shm_attach_with_invalid_host_size
      shm_show_channel shm_siso
      address`),
  },
  {
    name: 'libatbus_error',
    about: 'texts of errors',
    cases: names(`
      strerror_known_success strerror_known_samples strerror_unknown_thread_local_cache
      wstrerror_known_and_unknown u16_u32_strerror u8_strerror`),
  },
  {
    name: 'atbus_endpoint',
    about: 'one neighbour',
    cases: names('connection_basic endpoint_basic is_child get_connection'),
  },
  {
    name: 'atbus_node_setup',
    about: 'configuration',
    cases: names('override_listen_path crypto_algorithms compression_algorithms'),
  },
  {
    name: 'atbus_node_rela',
    about: 'configuration and neighbours',
    cases: names('copy_conf child_endpoint_opr'),
  },
  {
    name: 'atbus_topology',
    about: 'who is whose parent',
    cases: names(`
      topology_peer_basic topology_peer_downstream_iteration topology_registry_relations
      topology_registry_update_and_remove
      topology_registry_proactive_peer_not_auto_removed_when_orphaned
      topology_registry_passive_upstream_auto_removed_when_orphaned
      topology_registry_passive_to_proactive_prevents_auto_remove
      topology_registry_foreach_and_policy topology_registry_update_peer_cycle_detection`),
  },
  {
    name: 'atbus_message_handler',
    about: 'access tokens',
    cases: names(`
      make_access_data_plaintext_crypto_without_public_key
      make_access_data_plaintext_crypto_with_public_key
      make_access_data_plaintext_crypto_different_key_exchange_types
      make_access_data_plaintext_custom_command_empty
      make_access_data_plaintext_custom_command_single
      make_access_data_plaintext_custom_command_multiple
      calculate_access_data_signature_basic
      calculate_access_data_signature_different_tokens
      calculate_access_data_signature_different_plaintexts
      calculate_access_data_signature_empty_plaintext
      calculate_access_data_signature_large_token
      generate_access_data_crypto_single_token generate_access_data_crypto_multiple_tokens
      generate_access_data_crypto_empty_tokens
      generate_access_data_custom_command_single_token
      generate_access_data_custom_command_multiple_tokens
      generate_access_data_custom_command_empty_commands
      integration_plaintext_and_signature_consistency integration_deterministic_output`),
  },
  {
    name: 'atbus_connection_context',
    about: 'keys, compression and packing of one connection',
    cases: names(`
      padding_zero_size padding_tiny padding_small padding_medium padding_large
      padding_result_ge_input padding_alignment_properties padding_monotonicity
      padding_max_overhead
      create_no_encryption create_with_x25519 create_with_secp256r1
      create_with_null_dh_context get_handshake_start_time_initial
      get_crypto_select_kdf_type_default
      is_compression_algorithm_supported update_compression_algorithm_empty
      update_compression_algorithm_unsupported
      handshake_generate_self_key_no_encryption handshake_generate_self_key_with_encryption
      handshake_generate_self_key_with_peer_sequence handshake_write_self_public_key
      handshake_complete_flow handshake_read_peer_key_sequence_mismatch
      handshake_read_peer_key_no_common_algorithm handshake_with_x25519
      pack_unpack_message_no_encryption pack_unpack_message_with_compression
      pack_unpack_message_with_encryption pack_message_size_limit unpack_message_invalid_data
      bidirectional_encrypted_communication
      all_key_exchange_algorithms_with_aes256gcm all_crypto_algorithms_with_secp256r1
      all_crypto_algorithms_with_x25519 comprehensive_crypto_matrix aead_ciphers_verification
      non_aead_ciphers_verification higher_security_key_exchange list_available_algorithms
      key_renegotiation_flow`),
  },
  {
    name: 'atbus_access_data_crosslang',
    about: 'access tokens, the same bytes as the other implementations',
    cases: names(`
      generate_plaintext_test_files generate_signature_test_files
      generate_full_access_data_test_files generate_index_file
      verify_plaintext_generation verify_signature_generation
      verify_signature_from_generated_files verify_access_data_from_generated_files`),
  },
  {
    name: 'atbus_connection_context_crosslang',
    about: 'messages, the same bytes as the other implementations',
    cases: names(`
      generate_no_encryption_test_files verify_generated_no_encryption_files
      generate_compressed_test_files verify_generated_compressed_files
      generate_encrypted_test_files verify_generated_encrypted_files
      generate_compressed_encrypted_test_files verify_generated_compressed_encrypted_files
      generate_index_file generate_full_index_file`),
  },
  {
    name: 'atbus_node_reg',
    about: 'registration, loss and return of neighbours',
    cases: names(`
      reset_and_send_tcp timeout message_size_limit
      reg_failed_with_mismatch_access_token reg_failed_with_missing_access_token
      reg_failed_with_unsupported destruct reg_pc_success reg_pc_success_cross_subnet
      reg_pc_failed_with_subnet_mismatch reg_bro_success conflict reconnect_upstream_failed
      set_hostname mem_and_send shm_and_send on_close_connection_normal
      on_close_connection_by_peer on_topology_upstream_set on_topology_upstream_clear
      on_topology_upstream_change_id`),
  },
  {
    name: 'atbus_node_msg',
    about: 'messages, commands and their way',
    cases: names(`
      ping_pong custom_cmd custom_cmd_by_temp_node send_cmd_to_self reset_and_send
      send_loopback_error send_msg_to_self_and_need_rsp upstream_and_downstream
      transfer_and_connect transfer_only topology_registry_multi_level_route
      topology_registry_multi_level_route_reverse send_failed transfer_failed
      transfer_failed_cross_upstreams msg_handler_get_body_name
      crypto_config_key_exchange_algorithms crypto_config_cipher_algorithms
      crypto_config_comprehensive_matrix crypto_config_multiple_algorithms
      crypto_config_upstream_downstream crypto_config_disabled crypto_list_available_algorithms`),
  },
]

/** The Go test files of spec H.13, for what they have beside the cases above. */
const GO: Suite = {
  name: 'go',
  about: 'Go tests without a C++ counterpart, one entry for each file (spec H.13)',
  cases: names(`
    atbus_node_blacklist atbus_node_fault_tolerant atbus_node_regression atbus_connection
    atbus_endpoint atbus_node_setup atbus_topology atbus_node_relationship
    atbus_connection_context atbus_node_msg frame_codec channel_io_stream channel_utility
    buffer error_code message_handle root_package sample_usage_01`),
}

export const SUITES: readonly Suite[] = [...CXX, GO]

/** Active cases of the C++ inventory, as the spec counts them. */
export const CXX_CASES = CXX.reduce((sum, { cases }) => sum + cases.length, 0)
