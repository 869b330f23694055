// Many writers and one reader: a ring for each of them, or one ring that all of them share.
//
//   writers-bench pairs|shared WRITERS PAYLOAD_BYTES BATCH_BYTES WARM_UP_MS MEASURED_MS
//
// Behind docs/decisions/0031. `shared` is a sketch as good as needed for figures: claims by one
// compare-and-swap, records that are published by their length (as Agrona's
// ManyToOneRingBuffer), memory zeroed by the reader. It does not survive a writer that dies after
// its claim.
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "../os/segment.hpp"

using namespace treebus;

namespace {

constexpr std::uint32_t kRingBytes = 512 * 1024;
constexpr std::size_t kPrefixBytes = 4;
const std::uint8_t kNonceBytes[16] = {};

using Clock = std::chrono::steady_clock;

struct alignas(64) SharedRing {
  alignas(64) std::atomic<std::uint64_t> tail;
  alignas(64) std::atomic<std::uint64_t> head;
  alignas(64) std::uint8_t data[kRingBytes];

  std::atomic<std::uint32_t>& LengthAt(std::uint64_t position) {
    return *reinterpret_cast<std::atomic<std::uint32_t>*>(data + (position & (kRingBytes - 1)));
  }

  /// A record is 8 bytes and the batch, on a raster of 8; one that does not fit before the end of
  /// the memory leaves padding there.
  bool Write(std::span<const std::uint8_t> batch) {
    const std::uint64_t needed = (8 + batch.size() + 7) & ~std::uint64_t{7};
    std::uint64_t at = tail.load(std::memory_order_relaxed);
    std::uint64_t padding;
    do {
      const std::uint64_t to_end = kRingBytes - (at & (kRingBytes - 1));
      padding = to_end < needed ? to_end : 0;
      const std::uint64_t free = kRingBytes - (at - head.load(std::memory_order_acquire));
      if (needed + padding > free) return false;
    } while (!tail.compare_exchange_weak(at, at + needed + padding, std::memory_order_relaxed));
    constexpr std::uint32_t kPadding = 1u << 31;
    if (padding > 0) {
      const auto bytes = static_cast<std::uint32_t>(padding);
      LengthAt(at).store(kPadding | bytes, std::memory_order_release);
    }
    at += padding;
    std::memcpy(data + (at & (kRingBytes - 1)) + 8, batch.data(), batch.size());
    LengthAt(at).store(static_cast<std::uint32_t>(needed), std::memory_order_release);
    return true;
  }

  /// Copies one record out; 0 where there is none.
  std::size_t Read(std::uint8_t* into, std::uint64_t& position) {
    const std::uint32_t length = LengthAt(position).load(std::memory_order_acquire);
    if (length == 0) return 0;
    const std::size_t bytes = length & ~(1u << 31);
    std::uint8_t* record = data + (position & (kRingBytes - 1));
    if (length == bytes) std::memcpy(into, record + 8, bytes - 8);
    std::memset(record, 0, bytes);
    position += bytes;
    head.store(position, std::memory_order_release);
    return length == bytes ? bytes - 8 : 8;
  }
};

std::vector<std::uint8_t> BatchOf(std::size_t payload_bytes, std::size_t batch_bytes) {
  const std::size_t frame = kPrefixBytes + payload_bytes;
  const std::size_t frames = std::max<std::size_t>(1, batch_bytes / frame);
  std::vector<std::uint8_t> batch(frames * frame, 0x5a);
  const auto length = static_cast<std::uint32_t>(payload_bytes);
  for (std::size_t i = 0; i < frames; ++i) std::memcpy(&batch[i * frame], &length, kPrefixBytes);
  return batch;
}

/// Runs `drain`, which returns bytes taken, for a while; messages a second.
template <typename Drain>
double Rate(Drain drain, std::size_t frame, long warm_ms, long measured_ms) {
  std::uint64_t bytes = 0;
  const auto run = [&](long milliseconds) {
    bytes = 0;
    const auto start = Clock::now();
    const auto end = start + std::chrono::milliseconds(milliseconds);
    while (Clock::now() < end) {
      const std::size_t taken = drain();
      bytes += taken;
      if (taken == 0) sched_yield();
    }
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  run(warm_ms);
  const double seconds = run(measured_ms);
  return static_cast<double>(bytes) / static_cast<double>(frame) / seconds;
}

template <typename Body>
std::vector<pid_t> Fork(int writers, Body body) {
  std::vector<pid_t> children;
  for (int i = 0; i < writers; ++i) {
    const pid_t child = fork();
    if (child == 0) body(i);
    children.push_back(child);
  }
  return children;
}

struct Question {
  int writers;
  std::size_t frame_bytes;
  std::vector<std::uint8_t> batch;
  long warm_ms;
  long measured_ms;
  std::vector<std::uint8_t> into = std::vector<std::uint8_t>(256 * 1024);
};

template <typename Body, typename Drain>
double Measure(const Question& question, Body body, Drain drain) {
  const std::vector<pid_t> children = Fork(question.writers, body);
  const double rate = Rate(drain, question.frame_bytes, question.warm_ms, question.measured_ms);
  for (const pid_t child : children) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  return rate;
}

double OneForAll(Question& question) {
  void* memory = mmap(nullptr, sizeof(SharedRing), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* ring = static_cast<SharedRing*>(memory);
  std::uint64_t position = 0;
  const auto write = [&](int) {
    for (;;) {
      if (!ring->Write(question.batch)) sched_yield();
    }
  };
  return Measure(question, write, [&] { return ring->Read(question.into.data(), position); });
}

double OneEach(Question& question) {
  std::vector<std::unique_ptr<os::Segment>> segments;
  std::vector<std::unique_ptr<ring::SegmentView>> views;
  for (int i = 0; i < question.writers; ++i) {
    auto made = os::Segment::CreateAnonymous(kRingBytes, ring::Nonce(kNonceBytes));
    if (!made) return 0;
    segments.push_back(std::make_unique<os::Segment>(std::move(made.value())));
    views.push_back(std::make_unique<ring::SegmentView>(segments.back()->memory(), kRingBytes,
                                                        ring::Side::kOwner));
  }
  const auto write = [&](int i) {
    ring::SegmentView view(segments[static_cast<std::size_t>(i)]->memory(), kRingBytes,
                           ring::Side::kGuest);
    const std::span<const std::uint8_t> batch(question.batch);
    for (std::size_t at = 0;; at = at < batch.size() ? at : 0) {
      const std::uint32_t moved = view.outgoing().Write(batch.subspan(at)).bytes;
      at += moved;
      if (moved == 0) sched_yield();
    }
  };
  const auto drain = [&] {
    std::size_t bytes = 0;
    for (auto& view : views) bytes += view->incoming().Read(question.into).bytes;
    return bytes;
  };
  return Measure(question, write, drain);
}

}  // namespace

int main(int count, char** words) {
  if (count != 7) return 2;
  const auto payload_bytes = static_cast<std::size_t>(std::atol(words[3]));
  const auto batch_bytes = static_cast<std::size_t>(std::atol(words[4]));
  Question question{std::atoi(words[2]), kPrefixBytes + payload_bytes,
                    BatchOf(payload_bytes, batch_bytes), std::atol(words[5]),
                    std::atol(words[6])};
  const bool shared = std::strcmp(words[1], "shared") == 0;
  std::printf("{\"perSecond\":%.0f}\n", shared ? OneForAll(question) : OneEach(question));
  return 0;
}
