// The codec's rules: what it takes for a usual message, and that it never looks beyond the block.
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../codec/data_scan.hpp"
#include "../codec/frame_seal.hpp"
#include "check.hpp"

using namespace treebus::codec;
namespace test = treebus::test;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr Bounds kBounds{4096, 2048};

void AddVarint(Bytes& into, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) into.push_back(static_cast<std::uint8_t>(value | 0x80));
  into.push_back(static_cast<std::uint8_t>(value));
}

void AddVint(Bytes& into, std::size_t value) {
  if (value >= 0x4000) into.push_back(static_cast<std::uint8_t>(value >> 14 | 0x80));
  if (value >= 0x80) into.push_back(static_cast<std::uint8_t>((value >> 7 & 0x7f) | 0x80));
  into.push_back(static_cast<std::uint8_t>(value & 0x7f));
}

void AddAll(Bytes& into, const Bytes& from) { into.insert(into.end(), from.begin(), from.end()); }

struct Message {
  std::uint64_t from = 0x200, to = 0x100, sequence = 7;
  std::uint32_t type = 0;
  std::vector<std::uint64_t> router = {0x200};
  std::size_t content_bytes = 5;
  Bytes behind = {};  ///< Fields of forward_data behind the content.
  std::uint8_t version = 3;
};

Bytes ForwardOf(const Message& message) {
  Bytes forward = {0x08};
  AddVarint(forward, message.from);
  forward.push_back(0x10);
  AddVarint(forward, message.to);
  Bytes entries;
  for (const std::uint64_t entry : message.router) AddVarint(entries, entry);
  forward.push_back(0x1a);
  AddVarint(forward, entries.size());
  AddAll(forward, entries);
  forward.push_back(0x22);
  AddVarint(forward, message.content_bytes);
  forward.resize(forward.size() + message.content_bytes, 0x5a);
  AddAll(forward, message.behind);
  return forward;
}

Bytes FrameAround(const Bytes& inner) {
  Bytes frame(4);
  AddVint(frame, inner.size());
  AddAll(frame, inner);
  const std::uint32_t hash = Murmur3(inner);
  for (int i = 0; i < 4; ++i) frame[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return frame;
}

Bytes FrameOf(const Message& message) {
  const Bytes forward = ForwardOf(message);
  Bytes body = {0x1a};
  AddVarint(body, forward.size());
  AddAll(body, forward);
  Bytes head = {0x08, message.version};
  if (message.type != 0) {
    head.push_back(0x10);
    AddVarint(head, message.type);
  }
  head.push_back(0x20);
  AddVarint(head, message.sequence);
  head.push_back(0x28);
  AddVarint(head, message.from);
  head.push_back(0x48);
  AddVarint(head, body.size());
  Bytes inner;
  AddVint(inner, head.size());
  AddAll(inner, head);
  AddAll(inner, body);
  return FrameAround(inner);
}

/// In memory of exactly its size, so that a sanitizer sees a look beyond it.
std::vector<Row> Scan(const Bytes& block, std::size_t rows_max = 16, std::size_t start = 0) {
  const auto exact = std::make_unique<std::uint8_t[]>(block.size());
  std::copy(block.begin(), block.end(), exact.get());
  std::vector<Row> rows(rows_max);
  rows.resize(ScanData({exact.get(), block.size()}, start, kBounds, rows));
  return rows;
}

std::uint64_t Whole(Halves halves) { return std::uint64_t{halves.high} << 32 | halves.low; }

void HashesAreTheFamilys() {
  const auto hash_of = [](const std::string& text) {
    return Murmur3({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  CHECK(hash_of("") == 0);
  CHECK(hash_of("hello") == 0x248bfa47);
  CHECK(hash_of("hello, world") == 0x149bbb7f);
  CHECK(hash_of("The quick brown fox jumps over the lazy dog") == 0x2e4ff723);
}

void AMessageIsFoundAsItWasWritten() {
  Message message;
  message.from = 0xfedc'ba98'7654'3210;
  message.to = 0x8000'0000'0000'0001;
  message.sequence = 0x1'0000'0002;
  message.type = 300;
  message.router = {message.from, 9, 0xffff'ffff'ffff'ffff};
  message.content_bytes = 200;
  const Bytes frame = FrameOf(message);
  const auto rows = Scan(frame);
  CHECK(rows.size() == 1);
  if (rows.empty()) return;
  const Row& row = rows[0];
  CHECK(row.end == frame.size());
  CHECK(row.end - row.content_start == 200);
  CHECK(frame[row.content_start] == 0x5a && frame[row.content_start - 1] != 0x5a);
  CHECK(frame[row.forward_start] == 0x08);
  CHECK(frame[row.router_start - 2] == 0x1a);
  CHECK(frame[row.router_end] == 0x22);
  CHECK(row.router_count == 3);
  CHECK(Whole(row.router_last) == message.router[2]);
  CHECK(row.type == 300);
  CHECK(Whole(row.from) == message.from);
  CHECK(Whole(row.to) == message.to);
  CHECK(Whole(row.sequence) == message.sequence);
}

void ABlockIsScannedToItsLastWholeFrame() {
  Bytes block = {1, 2, 3};
  std::vector<std::size_t> ends;
  for (std::size_t bytes = 1; bytes <= 10; ++bytes) {
    Message message;
    message.content_bytes = bytes * 30;
    AddAll(block, FrameOf(message));
    ends.push_back(block.size());
  }
  for (std::size_t size = 3; size <= block.size(); ++size) {
    const Bytes cut(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
    const auto fits = [&](auto end) { return end <= size; };
    const auto whole = std::count_if(ends.begin(), ends.end(), fits);
    CHECK(Scan(cut, 16, 3).size() == static_cast<std::size_t>(whole));
  }
  CHECK(Scan(block, 4, 3).size() == 4);
  CHECK(Scan(block, 0, 3).empty());
}

void WhateverElseStopsTheScan() {
  const Bytes good = FrameOf({});
  std::vector<Bytes> others;
  others.push_back(FrameOf({.behind = {0x28, 1}}));
  others.push_back(FrameOf({.behind = {0xca, 0x3e, 2, 0x08, 1}}));
  others.push_back(FrameOf({.router = {}}));
  others.push_back(FrameOf({.router = std::vector<std::uint64_t>(128, 1)}));
  others.push_back(FrameOf({.content_bytes = 2048}));
  others.push_back(FrameOf({.content_bytes = 5000}));
  others.push_back(FrameOf({.version = 2}));
  others.push_back(FrameOf({.type = 0x8000'0000}));
  others.push_back(FrameAround({}));
  others.push_back(FrameAround({0}));
  others.push_back(Bytes(40, 0xff));
  Bytes bad_hash = good;
  bad_hash[0] ^= 1;
  others.push_back(bad_hash);
  for (const Bytes& other : others) {
    Bytes block = good;
    AddAll(block, other);
    AddAll(block, good);
    CHECK(Scan(block).size() == 1);
  }
}

/// With a hash that is right, so that only the bounds keep it from reading on.
void ChangedBytesAreReadWithinTheirBounds() {
  std::mt19937 random(static_cast<unsigned>(test::Amount("CODEC_SEED", 1)));
  const long rounds = test::Amount("CODEC_ROUNDS", 200'000);
  long found = 0;
  for (long round = 0; round < rounds; ++round) {
    Message message;
    message.content_bytes = random() % 40;
    message.router.resize(1 + random() % 3, random());
    Bytes frame = FrameOf(message);
    const std::size_t inner_at = 5;
    for (unsigned left = 1 + random() % 3; left > 0; --left) {
      frame[inner_at + random() % (frame.size() - inner_at)] = static_cast<std::uint8_t>(random());
    }
    if (random() % 8 == 0) frame.resize(inner_at + random() % (frame.size() - inner_at));
    const std::uint32_t hash = Murmur3(std::span(frame).subspan(inner_at));
    for (int i = 0; i < 4; ++i) frame[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    frame[4] = static_cast<std::uint8_t>(frame.size() - inner_at);
    for (const Row& row : Scan(frame)) {
      ++found;
      CHECK(row.inner_start <= row.forward_start && row.forward_start <= row.router_start);
      CHECK(row.router_start < row.router_end && row.router_end < row.content_start);
      CHECK(row.content_start <= row.end && row.end <= frame.size());
    }
  }
  CHECK(found > rounds / 100);
}

void FramesAreSealedToTheLastThatIsWhole() {
  Bytes block;
  std::vector<std::size_t> ends;
  for (std::size_t bytes = 1; bytes <= 5; ++bytes) {
    Message message;
    message.content_bytes = bytes * 40;
    AddAll(block, FrameOf(message));
    ends.push_back(block.size());
  }
  for (std::size_t size = 0; size <= block.size(); ++size) {
    const auto cut = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(block.begin(), size, cut.get());
    std::size_t frame_at = 0;
    std::size_t whole = 0;
    for (const std::size_t end : ends) {
      if (end > size) break;
      std::fill_n(cut.get() + frame_at, 4, 0);
      frame_at = end;
      ++whole;
    }
    CHECK(SealFrames({cut.get(), size}, 0) == whole);
    CHECK(std::equal(cut.get(), cut.get() + size, block.begin()));
  }
}

}  // namespace

int main() {
  const test::Rule rules[] = {
      {"hashes are the family's", HashesAreTheFamilys},
      {"a message is found as it was written", AMessageIsFoundAsItWasWritten},
      {"a block is scanned to its last whole frame", ABlockIsScannedToItsLastWholeFrame},
      {"whatever else stops the scan", WhateverElseStopsTheScan},
      {"frames are sealed to the last that is whole", FramesAreSealedToTheLastThatIsWhole},
      {"changed bytes are read within their bounds", ChangedBytesAreReadWithinTheirBounds},
  };
  return test::RunAll(rules);
}
