// The ring's work for so many batches, by one thread and nothing else: for counting instructions.
//
//   ring-count PAYLOAD_BYTES BATCHES
//
// Frames are 4 bytes of length and the payload, written and read in batches of up to 16 KiB. No
// time, no wake and no second process, so that the same arguments always do the same work.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../os/segment.hpp"

using namespace treebus;

namespace {

constexpr std::uint32_t kRingBytes = 64 * 1024;
constexpr std::size_t kBatchBytes = 16 * 1024;
constexpr std::size_t kPrefixBytes = 4;
const std::uint8_t kNonceBytes[16] = {};

/// Both sides in turn; returns how many bytes came through.
std::size_t PassBatch(ring::Writer& writer, ring::Reader& reader,
                      const std::vector<std::uint8_t>& batch, std::vector<std::uint8_t>& into) {
  std::size_t written = 0;
  std::size_t read = 0;
  while (read < batch.size()) {
    written += writer.Write(std::span(batch).subspan(written)).bytes;
    read += reader.Read(std::span(into).subspan(read)).bytes;
  }
  return read;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const auto payload_bytes = static_cast<std::uint32_t>(std::atol(words[1]));
  const long batches = std::atol(words[2]);
  const std::size_t frame = kPrefixBytes + payload_bytes;
  const std::size_t frames = std::max<std::size_t>(1, kBatchBytes / frame);
  std::vector<std::uint8_t> batch(frames * frame, 0x5a);
  for (std::size_t i = 0; i < frames; ++i) {
    std::memcpy(&batch[i * frame], &payload_bytes, kPrefixBytes);
  }
  std::vector<std::uint8_t> into(batch.size());
  auto made = os::Segment::CreateAnonymous(kRingBytes, ring::Nonce(kNonceBytes));
  if (!made) return 3;
  const auto memory = made.value().memory();
  ring::SegmentView guest(memory, kRingBytes, ring::Side::kGuest);
  ring::SegmentView owner(memory, kRingBytes, ring::Side::kOwner);
  std::size_t passed = 0;
  for (long i = 0; i < batches; ++i) {
    passed += PassBatch(guest.outgoing(), owner.incoming(), batch, into);
  }
  if (passed != batch.size() * static_cast<std::size_t>(batches)) return 4;
  if (std::memcmp(batch.data(), into.data(), batch.size()) != 0) return 5;
  std::printf("%zu\n", frames * static_cast<std::size_t>(batches));
  return 0;
}
