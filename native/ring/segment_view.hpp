// The two rings within a span of mapped bytes, for one of its two sides.
#pragma once

#include <algorithm>
#include <bit>
#include <new>
#include <optional>

#include "ring.hpp"

namespace treebus::ring {

enum class Side : std::uint8_t { kOwner, kGuest };

using Nonce = std::span<const std::uint8_t, kNonceBytes>;

constexpr bool IsRingBytes(std::uint64_t bytes) {
  return bytes >= kRingBytesMin && bytes <= kRingBytesMax && std::has_single_bit(bytes);
}

constexpr std::size_t SegmentBytes(std::uint32_t ring_bytes) {
  return kHeaderBytes + 2 * static_cast<std::size_t>(ring_bytes);
}

/// Writes the header of a new segment; `memory` is zeroed and of SegmentBytes(ring_bytes).
inline void Format(std::span<std::uint8_t> memory, std::uint32_t ring_bytes, Nonce nonce) {
  Header* header = new (memory.data()) Header{};
  header->magic = kMagic;
  header->version = kVersion;
  header->byte_order = kByteOrder;
  header->header_bytes = kHeaderBytes;
  header->ring_bytes = ring_bytes;
  std::copy(nonce.begin(), nonce.end(), header->nonce);
}

/// Whether this is the segment that was spoken of. Nothing is written before this is known.
inline bool IsFormatted(std::span<const std::uint8_t> memory, std::uint32_t ring_bytes,
                        Nonce nonce) {
  if (!IsRingBytes(ring_bytes) || memory.size() != SegmentBytes(ring_bytes)) return false;
  const Header* header = reinterpret_cast<const Header*>(memory.data());
  return header->magic == kMagic && header->version == kVersion &&
         header->byte_order == kByteOrder && header->header_bytes == kHeaderBytes &&
         header->ring_bytes == ring_bytes &&
         std::equal(nonce.begin(), nonce.end(), header->nonce);
}

/// Geometry is taken from what the caller checked, never from the header again.
class SegmentView {
 public:
  SegmentView(std::span<std::uint8_t> memory, std::uint32_t ring_bytes, Side side)
      : outgoing_(CursorsOf(memory, side == Side::kOwner ? 0 : 1),
                  DataOf(memory, ring_bytes, side == Side::kOwner ? 0 : 1)),
        incoming_(CursorsOf(memory, side == Side::kOwner ? 1 : 0),
                  DataOf(memory, ring_bytes, side == Side::kOwner ? 1 : 0)) {}

  Writer& outgoing() { return outgoing_; }
  Reader& incoming() { return incoming_; }

 private:
  static Cursors& CursorsOf(std::span<std::uint8_t> memory, int index) {
    return reinterpret_cast<Header*>(memory.data())->rings[index];
  }

  static std::span<std::uint8_t> DataOf(std::span<std::uint8_t> memory, std::uint32_t ring_bytes,
                                        int index) {
    return memory.subspan(kHeaderBytes + static_cast<std::size_t>(index) * ring_bytes, ring_bytes);
  }

  Writer outgoing_;
  Reader incoming_;
};

}  // namespace treebus::ring
