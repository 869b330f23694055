// Puts the check sums before frames that stand side by side and are complete but for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bounded_reader.hpp"
#include "murmur3.hpp"

namespace treebus::codec {

namespace detail {

constexpr std::size_t kSumBytes = 4;

/// Behind the frame that begins at `start`; nothing where it does not end within the block.
inline std::optional<std::size_t> SealFrame(std::span<std::uint8_t> block, std::size_t start) {
  if (block.size() - start < kSumBytes) return std::nullopt;
  BoundedReader header(block, start + kSumBytes, block.size());
  const auto bytes = header.ShortVint();
  if (!bytes || *bytes == 0 || *bytes > header.left()) return std::nullopt;
  const std::uint32_t hash = Murmur3(block.subspan(header.at(), *bytes));
  for (std::size_t i = 0; i < kSumBytes; ++i) {
    block[start + i] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return header.at() + *bytes;
}

}  // namespace detail

/// Seals from `start` on and returns how many frames. It ends at the first that does not end within
/// the block, and changes nothing of that one.
inline std::size_t SealFrames(std::span<std::uint8_t> block, std::size_t start) {
  std::size_t count = 0;
  for (std::size_t at = start; at < block.size(); ++count) {
    const auto end = detail::SealFrame(block, at);
    if (!end) break;
    at = *end;
  }
  return count;
}

}  // namespace treebus::codec
