// Finds the usual data messages in a block of frames: where each is, and what its head says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bounded_reader.hpp"
#include "murmur3.hpp"

namespace treebus::codec {

/// A number of 64 bits as JavaScript carries it.
struct Halves {
  std::uint32_t low;
  std::uint32_t high;

  static Halves Of(std::uint64_t value) {
    return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
  }
};

/// One message, as words for JavaScript: src/wire/data-run.ts reads them in this order. Offsets are
/// into the block.
struct Row {
  std::uint32_t end;  ///< Of frame and content, and where the next frame begins.
  std::uint32_t inner_start;
  std::uint32_t forward_start;
  std::uint32_t router_start;
  std::uint32_t router_end;
  std::uint32_t content_start;
  std::uint32_t type;
  std::uint32_t router_count;
  Halves sequence;
  Halves from;
  Halves to;
  Halves router_last;
};
static_assert(sizeof(Row) == 64, "a row is a cache line of 16 words");

/// What a length may say before the message is anybody else's business.
struct Bounds {
  std::uint32_t frame_bytes_max;
  std::uint32_t body_bytes_max;
};

namespace detail {

constexpr std::size_t kHashBytes = 4;
constexpr std::uint8_t kProtocolVersion = 3;

/// Tags of msg_head (spec A.3), of message_body and of forward_data (spec A.4).
namespace tag {
constexpr std::uint8_t kVersion = 0x08, kType = 0x10, kSequence = 0x20, kSource = 0x28,
                       kBodySize = 0x48;
constexpr std::uint8_t kDataRequest = 0x1a;
constexpr std::uint8_t kFrom = 0x08, kTo = 0x10, kRouter = 0x1a, kContent = 0x22;
}  // namespace tag

/// Above it a type is negative, or longer than any that is usual.
constexpr std::uint64_t kTypeMax = (1u << 28) - 1;

inline bool ReadHead(BoundedReader& in, std::uint32_t body_bytes_max, Row& row) {
  const auto bytes = in.Byte();
  if (!bytes || *bytes >= 0x80 || *bytes >= in.left()) return false;
  const std::size_t end = in.at() + *bytes;
  if (!in.Takes(tag::kVersion) || !in.Takes(kProtocolVersion)) return false;
  row.type = 0;
  if (in.Takes(tag::kType)) {
    const auto type = in.Varint();
    if (!type || *type > kTypeMax) return false;
    row.type = static_cast<std::uint32_t>(*type);
  }
  if (!in.Takes(tag::kSequence)) return false;
  const auto sequence = in.Varint();
  if (!sequence) return false;
  row.sequence = Halves::Of(*sequence);
  if (in.Takes(tag::kSource) && !in.Varint()) return false;
  if (!in.Takes(tag::kBodySize)) return false;
  const auto body_bytes = in.Varint();
  if (!body_bytes || in.at() != end) return false;
  return *body_bytes == in.left() && *body_bytes <= body_bytes_max;
}

/// One packed chunk whose length takes a byte.
inline bool ReadRouter(BoundedReader& in, std::span<const std::uint8_t> block, Row& row) {
  if (!in.Takes(tag::kRouter)) return false;
  const auto bytes = in.Byte();
  if (!bytes || *bytes == 0 || *bytes >= 0x80 || *bytes > in.left()) return false;
  BoundedReader entries(block, in.at(), in.at() + *bytes);
  row.router_start = static_cast<std::uint32_t>(in.at());
  row.router_end = static_cast<std::uint32_t>(in.at() + *bytes);
  row.router_count = 0;
  while (entries.left() > 0) {
    const auto entry = entries.Varint();
    if (!entry) return false;
    row.router_last = Halves::Of(*entry);
    ++row.router_count;
  }
  in = BoundedReader(block, row.router_end, in.limit());
  return true;
}

/// from, to, router and content, each once and in this order, and nothing else.
inline bool ReadForward(BoundedReader& in, std::span<const std::uint8_t> block, Row& row) {
  if (!in.Takes(tag::kDataRequest)) return false;
  const auto bytes = in.Varint();
  if (!bytes || *bytes != in.left()) return false;
  row.forward_start = static_cast<std::uint32_t>(in.at());
  if (!in.Takes(tag::kFrom)) return false;
  const auto from = in.Varint();
  if (!from || !in.Takes(tag::kTo)) return false;
  const auto to = in.Varint();
  if (!to || !ReadRouter(in, block, row) || !in.Takes(tag::kContent)) return false;
  const auto content_bytes = in.Varint();
  if (!content_bytes || *content_bytes != in.left()) return false;
  row.from = Halves::Of(*from);
  row.to = Halves::Of(*to);
  row.content_start = static_cast<std::uint32_t>(in.at());
  return true;
}

/// The frame that begins at `start`, where it is whole, good and nothing but a usual message.
inline std::optional<Row> ReadFrame(std::span<const std::uint8_t> block, std::size_t start,
                                    const Bounds& bounds) {
  if (block.size() - start < kHashBytes) return std::nullopt;
  BoundedReader header(block, start + kHashBytes, block.size());
  const auto bytes = header.ShortVint();
  if (!bytes || *bytes == 0 || *bytes > bounds.frame_bytes_max) return std::nullopt;
  if (*bytes > header.left()) return std::nullopt;
  Row row{};
  BoundedReader in(block, header.at(), header.at() + *bytes);
  row.inner_start = static_cast<std::uint32_t>(in.at());
  row.end = static_cast<std::uint32_t>(in.limit());
  if (!ReadHead(in, bounds.body_bytes_max, row)) return std::nullopt;
  if (!ReadForward(in, block, row)) return std::nullopt;
  // Last, since it costs most: whatever is refused is hashed by who looks at it next.
  const auto inner = block.subspan(row.inner_start, *bytes);
  if (Murmur3(inner) != WordAt(block.data() + start)) return std::nullopt;
  return row;
}

}  // namespace detail

/// Fills in a row for each frame from `start` on and returns how many. Stops where the rows or the
/// block end, and at the first frame that is anything else than a usual data message: what that is,
/// and whether it is lawful, is not decided here.
inline std::size_t ScanData(std::span<const std::uint8_t> block, std::size_t start,
                            const Bounds& bounds, std::span<Row> rows) {
  std::size_t count = 0;
  std::size_t at = start;
  while (count < rows.size() && at < block.size()) {
    const auto row = detail::ReadFrame(block, at, bounds);
    if (!row) break;
    rows[count++] = *row;
    at = row->end;
  }
  return count;
}

}  // namespace treebus::codec
