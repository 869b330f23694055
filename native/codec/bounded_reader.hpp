// Reads numbers from bytes that anybody may have written: never beyond their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace treebus::codec {

/// Offsets are into the whole span, so that they mean the same to whoever lent it. `limit` may be
/// brought in while it reads, and never lies behind the span's end.
class BoundedReader {
 public:
  BoundedReader(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t limit)
      : bytes_(bytes), at_(at), limit_(limit < bytes.size() ? limit : bytes.size()) {}

  std::size_t at() const { return at_; }
  std::size_t limit() const { return limit_; }
  std::size_t left() const { return at_ < limit_ ? limit_ - at_ : 0; }

  /// Whether the next byte is this one; it is then behind us.
  bool Takes(std::uint8_t expected) {
    if (left() == 0 || bytes_[at_] != expected) return false;
    ++at_;
    return true;
  }

  std::optional<std::uint8_t> Byte() {
    if (left() == 0) return std::nullopt;
    return bytes_[at_++];
  }

  /// A protobuf varint of 64 bits. Nothing for one that is cut short or has bits beyond them.
  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < limit_; shift += 7) {
      const std::uint64_t byte = bytes_[at_++];
      if (shift == 63 && byte > 1) return std::nullopt;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  /// A length of the frame's own kind: groups of seven bits, the most significant first. Four
  /// groups are enough for every length that this reader is used for.
  std::optional<std::uint32_t> ShortVint() {
    std::uint32_t value = 0;
    for (int groups = 0; groups < 4 && at_ < limit_; ++groups) {
      const std::uint8_t byte = bytes_[at_++];
      value = value << 7 | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_;
  std::size_t limit_;
};

}  // namespace treebus::codec
