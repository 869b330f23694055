// What a segment of shared memory looks like: one header, two rings, their bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace treebus::ring {

constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kHeaderBytes = 4096;  // The data starts on a page of its own.
constexpr std::size_t kNonceBytes = 16;
constexpr std::uint32_t kRingBytesMin = 4096;
constexpr std::uint32_t kRingBytesMax = 64u * 1024 * 1024;

constexpr std::uint64_t kMagic = 0x676e697265657274ull;  // "treering", little-endian.
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kByteOrder = 0x01020304;

/// One direction. Each side writes its own two lines and only reads the other's two.
struct Cursors {
  /// Bytes ever published. Written by the writer only.
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> tail;
  /// Not zero: nothing follows what `tail` says.
  std::atomic<std::uint32_t> finished;
  /// Bytes ever taken. Written by the reader only.
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> head;
  /// Not zero: the reader sleeps and is to be woken by whoever takes the flag down.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> reader_sleeps;
  /// Not zero: the writer waits for room and is to be woken by whoever takes the flag down.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> writer_sleeps;
};

/// Written once by the owner, before the segment is named to anybody.
struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t byte_order;
  std::uint32_t header_bytes;
  std::uint32_t ring_bytes;
  std::uint8_t nonce[kNonceBytes];
  /// `rings[0]` carries what the owner writes, `rings[1]` what the guest writes.
  Cursors rings[2];
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(Cursors) == 4 * kCacheLineBytes);
static_assert(offsetof(Cursors, finished) == 8);
static_assert(offsetof(Cursors, head) == 64);
static_assert(offsetof(Cursors, reader_sleeps) == 128);
static_assert(offsetof(Cursors, writer_sleeps) == 192);
static_assert(offsetof(Header, nonce) == 24);
static_assert(offsetof(Header, rings) == 64);
static_assert(sizeof(Header) == 64 + 2 * sizeof(Cursors));
static_assert(sizeof(Header) <= kHeaderBytes);

}  // namespace treebus::ring
