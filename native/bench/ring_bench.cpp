// What the ring gives two C++ processes: the limit that the JavaScript figures stand beside.
//
//   ring-bench stream PAYLOAD_BYTES RING_BYTES WARM_UP_MS MEASURED_MS
//   ring-bench answer PAYLOAD_BYTES IN_FLIGHT WARM_UP_MS MEASURED_MS
//
// Frames are 4 bytes of length and the payload, written and read in batches of 64 KiB; the receiver
// copies a batch out and touches both ends of every payload.
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../os/doorbell.hpp"
#include "../os/segment.hpp"

using namespace treebus;

namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kPrefixBytes = 4;
const std::uint8_t kNonceBytes[16] = {};

using Clock = std::chrono::steady_clock;

double MicrosBetween(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

Clock::time_point In(long milliseconds) {
  return Clock::now() + std::chrono::milliseconds(milliseconds);
}

void PutFrame(std::uint8_t* at, const std::vector<std::uint8_t>& payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  std::memcpy(at, &length, kPrefixBytes);
  std::memcpy(at + kPrefixBytes, payload.data(), payload.size());
}

[[noreturn]] void Send(ring::Writer& writer, std::size_t payload_bytes) {
  const std::vector<std::uint8_t> payload(payload_bytes, 0x5a);
  const std::size_t frame = kPrefixBytes + payload_bytes;
  const std::size_t frames = std::max<std::size_t>(1, kBatchBytes / frame);
  std::vector<std::uint8_t> batch(frames * frame);
  for (;;) {
    for (std::size_t i = 0; i < frames; ++i) PutFrame(batch.data() + i * frame, payload);
    for (std::size_t at = 0; at < batch.size();) {
      const std::uint32_t moved = writer.Write(std::span(batch).subspan(at)).bytes;
      at += moved;
      if (moved == 0) sched_yield();
    }
  }
}

/// Counts the frames of what it is fed; the rest of one that is not whole stays in front.
class Scanner {
 public:
  explicit Scanner(std::size_t payload_bytes) : memory_(2 * kBatchBytes + payload_bytes) {}

  std::span<std::uint8_t> Space() { return std::span(memory_).subspan(held_); }

  void Filled(std::size_t bytes) {
    const std::size_t end = held_ + bytes;
    std::size_t at = 0;
    while (end - at >= kPrefixBytes) {
      std::uint32_t length;
      std::memcpy(&length, &memory_[at], kPrefixBytes);
      const std::size_t next = at + kPrefixBytes + length;
      if (next > end) break;
      touched += memory_[at + kPrefixBytes] + memory_[next - 1];
      ++count;
      at = next;
    }
    std::memmove(memory_.data(), memory_.data() + at, end - at);
    held_ = end - at;
  }

  std::uint64_t count = 0;
  std::uint64_t touched = 0;

 private:
  std::vector<std::uint8_t> memory_;
  std::size_t held_ = 0;
};

void Receive(ring::Reader& reader, Scanner& scanner, Clock::time_point until) {
  while (Clock::now() < until) {
    for (int i = 0; i < 100; ++i) {
      const std::uint32_t moved = reader.Read(scanner.Space()).bytes;
      if (moved == 0) sched_yield();
      scanner.Filled(moved);
    }
  }
}

int Stream(os::Segment& segment, std::uint32_t ring_bytes, std::size_t payload_bytes, long warm_ms,
           long measured_ms) {
  const pid_t child = fork();
  if (child == 0) {
    ring::SegmentView view(segment.memory(), ring_bytes, ring::Side::kGuest);
    Send(view.outgoing(), payload_bytes);
  }
  ring::SegmentView view(segment.memory(), ring_bytes, ring::Side::kOwner);
  Scanner scanner(payload_bytes);
  Receive(view.incoming(), scanner, In(warm_ms));
  const std::uint64_t before = scanner.count;
  const auto start = Clock::now();
  Receive(view.incoming(), scanner, In(measured_ms));
  const double micros = MicrosBetween(start, Clock::now());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  std::printf("{\"perSecond\":%.0f,\"touched\":%llu}\n",
              static_cast<double>(scanner.count - before) * 1e6 / micros,
              static_cast<unsigned long long>(scanner.touched));
  return 0;
}

/// One end of an exchange: sleeps on its bell whenever there is nothing to read.
struct Party {
  ring::SegmentView view;
  os::Doorbell& bell;
  os::BellRope& peer;

  void Say(std::span<const std::uint8_t> bytes) {
    view.outgoing().Write(bytes);
    if (view.outgoing().TakeReaderSleep()) peer.Ring();
  }

  std::uint32_t Hear(std::span<std::uint8_t> into) {
    ring::Reader& reader = view.incoming();
    for (;;) {
      const std::uint32_t moved = reader.Read(into).bytes;
      if (moved > 0) return moved;
      reader.Sleep();
      if (reader.Available().bytes > 0) continue;
      pollfd watched = {bell.watched(), POLLIN, 0};
      poll(&watched, 1, -1);
      bell.Silence();
    }
  }
};

int Answer(os::Segment& segment, std::uint32_t ring_bytes, std::size_t payload_bytes,
           std::size_t in_flight, long warm_ms, long measured_ms) {
  auto our_bell = os::Doorbell::Create();
  auto their_bell = os::Doorbell::Create();
  auto our_rope = os::BellRope::Open(getpid(), our_bell.value().named());
  auto their_rope = os::BellRope::Open(getpid(), their_bell.value().named());
  const std::size_t frame = kPrefixBytes + payload_bytes;
  std::vector<std::uint8_t> bytes(frame * in_flight);
  const pid_t child = fork();
  if (child == 0) {
    Party party{{segment.memory(), ring_bytes, ring::Side::kGuest}, their_bell.value(),
                our_rope.value()};
    for (;;) party.Say({bytes.data(), party.Hear(bytes)});
  }
  Party party{{segment.memory(), ring_bytes, ring::Side::kOwner}, our_bell.value(),
              their_rope.value()};
  std::vector<double> trips;
  std::uint64_t pairs = 0;
  const auto start = In(warm_ms);
  const auto end = start + std::chrono::milliseconds(measured_ms);
  auto asked = Clock::now();
  party.Say(bytes);
  for (;;) {
    const std::uint32_t heard = party.Hear(bytes);
    const auto now = Clock::now();
    if (now > end) break;
    if (now > start) trips.push_back(MicrosBetween(asked, now));
    if (now > start) pairs += heard / frame;
    asked = now;
    party.Say({bytes.data(), heard});
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  std::sort(trips.begin(), trips.end());
  const auto at = [&](double share) {
    return trips[static_cast<std::size_t>(share * static_cast<double>(trips.size()))];
  };
  std::printf("{\"p50Us\":%.2f,\"p99Us\":%.2f,\"p999Us\":%.2f,\"pairsPerSecond\":%.0f}\n", at(0.5),
              at(0.99), at(0.999), static_cast<double>(pairs) * 1000 / measured_ms);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return 2;
  const bool streams = std::strcmp(words[1], "stream") == 0;
  const auto payload_bytes = static_cast<std::size_t>(std::atol(words[2]));
  const long third = std::atol(words[3]);
  const long warm_ms = std::atol(words[4]);
  const long measured_ms = std::atol(words[5]);
  signal(SIGPIPE, SIG_IGN);
  const auto ring_bytes = static_cast<std::uint32_t>(streams ? third : 512 * 1024);
  auto made = os::Segment::CreateAnonymous(ring_bytes, ring::Nonce(kNonceBytes));
  if (!made) return 3;
  if (streams) return Stream(made.value(), ring_bytes, payload_bytes, warm_ms, measured_ms);
  return Answer(made.value(), ring_bytes, payload_bytes, static_cast<std::size_t>(third), warm_ms,
                measured_ms);
}
