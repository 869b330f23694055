// Two processes over one segment: killed at any instruction, or writing whatever they like.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <vector>

#include "../os/segment.hpp"
#include "check.hpp"

using namespace treebus;
using ring::Fault;
using ring::Moved;

namespace {

constexpr std::uint32_t kRing = 16 * 1024;
const std::uint8_t kNonceBytes[16] = {5, 5, 5};
const ring::Nonce kNonce(kNonceBytes);

// A prime number of bytes: it never falls in step with the ring or with a batch.
constexpr std::size_t kPeriod = 8191;

const std::vector<std::uint8_t>& Pattern() {
  static const std::vector<std::uint8_t> pattern = [] {
    std::vector<std::uint8_t> bytes(4 * kPeriod);
    std::mt19937 random(1);
    for (std::size_t i = 0; i < kPeriod; ++i) bytes[i] = static_cast<std::uint8_t>(random());
    for (std::size_t i = kPeriod; i < bytes.size(); ++i) bytes[i] = bytes[i - kPeriod];
    return bytes;
  }();
  return pattern;
}

/// `count` bytes, at most three periods, of the endless sequence from `at` on.
std::span<const std::uint8_t> Expected(std::uint64_t at, std::size_t count) {
  return std::span(Pattern()).subspan(at % kPeriod, count);
}

[[noreturn]] void WriteForEver(ring::Writer& writer, unsigned seed) {
  std::mt19937 random(seed);
  for (std::uint64_t sent = 0;;) sent += writer.Write(Expected(sent, 1 + random() % 5000)).bytes;
}

[[noreturn]] void ReadForEver(ring::Reader& reader, unsigned seed) {
  std::mt19937 random(seed);
  std::uint8_t into[5000];
  for (;;) reader.Read({into, 1 + random() % sizeof into});
}

/// Reads until `until`, or with none until there is nothing; false where a byte was wrong.
struct Checker {
  ring::Reader& reader;
  std::uint64_t read = 0;
  bool intact = true;

  bool Step(std::span<std::uint8_t> into) {
    const Moved moved = reader.Read(into);
    const auto expected = Expected(read, moved.bytes);
    if (moved.fault != Fault::kNone) intact = false;
    if (!std::equal(expected.begin(), expected.end(), into.begin())) intact = false;
    read += moved.bytes;
    return moved.bytes > 0;
  }
};

using Clock = std::chrono::steady_clock;

Clock::time_point In(long micros) { return Clock::now() + std::chrono::microseconds(micros); }

void End(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

/// Odd rounds kill the writer, even ones the reader.
void WhoeverIsKilledNothingIsTornAndNobodyHangs() {
  const long rounds = test::Amount("RING_KILLS", 500);
  std::mt19937 random(static_cast<unsigned>(test::Amount("RING_KILL_SEED", 11)));
  std::uint64_t bytes = 0;
  for (long round = 0; round < rounds; ++round) {
    auto made = os::Segment::CreateAnonymous(kRing, kNonce);
    if (!made) return CHECK(static_cast<bool>(made));
    os::Segment& segment = made.value();
    ring::SegmentView ours(segment.memory(), kRing, ring::Side::kOwner);
    const bool reads = round % 2 == 1;
    const unsigned seed = random();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      ring::SegmentView theirs(segment.memory(), kRing, ring::Side::kGuest);
      if (reads) WriteForEver(theirs.outgoing(), seed);
      ReadForEver(theirs.incoming(), seed);
    }
    const auto end = In(200 + random() % 1000);
    std::uint8_t into[6000];
    Checker checker{ours.incoming()};
    std::uint64_t sent = 0;
    while (Clock::now() < end) {
      if (reads) {
        checker.Step({into, 1 + random() % sizeof into});
        continue;
      }
      const Moved moved = ours.outgoing().Write(Expected(sent, 1 + random() % 5000));
      CHECK(moved.fault == Fault::kNone);
      sent += moved.bytes;
    }
    End(child);
    // What it published is all there and whole; what it did not take stays in the ring.
    while (checker.Step(into)) continue;
    CHECK(checker.intact);
    CHECK(ours.outgoing().Room().fault == Fault::kNone);
    CHECK(!ours.incoming().Finished());
    bytes += checker.read + sent;
  }
  CHECK(bytes > 0);
}

/// The whole segment is written over at full speed while both directions are in use.
void AProcessThatScribblesIsNeverFollowed() {
  const auto end = In(1000 * test::Amount("RING_FUZZ_MS", 500));
  std::mt19937 random(17);
  std::uint64_t corrupt = 0;
  while (Clock::now() < end) {
    auto made = os::Segment::CreateAnonymous(kRing, kNonce);
    if (!made) return CHECK(static_cast<bool>(made));
    const std::span<std::uint8_t> memory = made.value().memory();
    const unsigned seed = random();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      std::mt19937 chance(seed);
      for (;;) {
        const std::size_t reach = chance() % 4 ? sizeof(ring::Header) : memory.size();
        const unsigned value = chance() % 3 ? chance() % 80 : chance();
        memory[chance() % reach] = static_cast<std::uint8_t>(value);
      }
    }
    std::vector<std::uint8_t> into(20'000);
    std::vector<std::uint8_t> from(20'000);
    const auto pause = In(20'000);
    while (Clock::now() < pause) {
      ring::SegmentView ours(memory, kRing, ring::Side::kOwner);
      for (int i = 0; i < 20; ++i) {
        const Moved in = ours.incoming().Read({into.data(), random() % into.size()});
        const Moved out = ours.outgoing().Write({from.data(), random() % from.size()});
        CHECK(in.bytes <= kRing && out.bytes <= kRing);
        corrupt += (in.fault != Fault::kNone) + (out.fault != Fault::kNone);
        ours.incoming().Sleep();
        ours.outgoing().TakeReaderSleep();
        ours.incoming().TakeWriterSleep();
        ours.incoming().Finished();
      }
    }
    End(child);
  }
  CHECK(corrupt > 0);
}

}  // namespace

int main() {
  const test::Rule rules[] = {
      {"whoever is killed, nothing is torn and nobody hangs",
       WhoeverIsKilledNothingIsTornAndNobodyHangs},
      {"a process that scribbles over the segment is never followed",
       AProcessThatScribblesIsNeverFollowed},
  };
  return test::RunAll(rules);
}
