// MurmurHash3_x86_32 with seed 0, the check sum of every frame (spec A.1).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace treebus::codec {

namespace detail {

inline std::uint32_t Scrambled(std::uint32_t word) {
  return std::rotl(word * 0xcc9e2d51u, 15) * 0x1b873593u;
}

/// The wire is little-endian; a constant expression decides, so nothing is left of it elsewhere.
inline std::uint32_t WordAt(const std::uint8_t* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word;
}

}  // namespace detail

inline std::uint32_t Murmur3(std::span<const std::uint8_t> bytes) {
  const std::uint8_t* at = bytes.data();
  const std::size_t tail = bytes.size() % 4;
  const std::uint8_t* const words_end = at + (bytes.size() - tail);
  std::uint32_t hash = 0;
  for (; at < words_end; at += 4) {
    hash ^= detail::Scrambled(detail::WordAt(at));
    hash = std::rotl(hash, 13) * 5 + 0xe6546b64u;
  }
  std::uint32_t rest = 0;
  for (std::size_t i = tail; i > 0; --i) rest = rest << 8 | at[i - 1];
  if (tail > 0) hash ^= detail::Scrambled(rest);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}

}  // namespace treebus::codec
