// The ring's rules, one thread and two, and what a hostile or dead other side may leave.
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "../ring/segment_view.hpp"
#include "check.hpp"

using namespace treebus::ring;
namespace test = treebus::test;

namespace {

constexpr std::uint8_t kNonce[kNonceBytes] = {1, 2, 3};

/// A formatted segment in plain memory, with both its sides.
struct Pair {
  explicit Pair(std::uint32_t ring_bytes)
      : bytes(ring_bytes),
        memory(static_cast<std::uint8_t*>(std::aligned_alloc(4096, SegmentBytes(ring_bytes)))) {
    std::memset(memory, 0, SegmentBytes(ring_bytes));
    Format(span(), ring_bytes, Nonce(kNonce));
    owner.emplace(span(), ring_bytes, Side::kOwner);
    guest.emplace(span(), ring_bytes, Side::kGuest);
  }
  ~Pair() { std::free(memory); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  std::span<std::uint8_t> span() { return {memory, SegmentBytes(bytes)}; }
  Header& header() { return *reinterpret_cast<Header*>(memory); }

  std::uint32_t bytes;
  std::uint8_t* memory;
  std::optional<SegmentView> owner;
  std::optional<SegmentView> guest;
};

std::vector<std::uint8_t> Sequence(std::size_t count, std::uint64_t from) {
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t at = from + i;
    bytes[i] = static_cast<std::uint8_t>(at * 31 + (at >> 8) * 7 + (at >> 16));
  }
  return bytes;
}

void WhatIsWrittenIsReadInOrderOverManyLaps() {
  Pair pair(4096);
  std::mt19937 random(1);
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  std::vector<std::uint8_t> into(5000);
  while (written < 1'000'000) {
    const auto bytes = Sequence(random() % 5000, written);
    written += pair.owner->outgoing().Write(bytes).bytes;
    const std::size_t wanted = random() % into.size();
    const Moved moved = pair.guest->incoming().Read({into.data(), wanted});
    const auto expected = Sequence(moved.bytes, read);
    CHECK(moved.fault == Fault::kNone);
    CHECK(std::equal(expected.begin(), expected.end(), into.begin()));
    read += moved.bytes;
    CHECK(written - read <= 4096);
  }
}

void BothDirectionsAreApart() {
  Pair pair(4096);
  const std::uint8_t a[] = {1, 2, 3};
  const std::uint8_t b[] = {4, 5};
  std::uint8_t into[8];
  CHECK(pair.owner->outgoing().Write(a).bytes == 3);
  CHECK(pair.guest->outgoing().Write(b).bytes == 2);
  CHECK(pair.guest->incoming().Read(into).bytes == 3 && into[2] == 3);
  CHECK(pair.owner->incoming().Read(into).bytes == 2 && into[0] == 4);
}

void AFullRingTakesNothingAndLosesNothing() {
  Pair pair(4096);
  const auto bytes = Sequence(5000, 0);
  CHECK(pair.owner->outgoing().Write(bytes).bytes == 4096);
  CHECK(pair.owner->outgoing().Write(bytes).bytes == 0);
  CHECK(pair.owner->outgoing().Room().bytes == 0);
  std::vector<std::uint8_t> into(5000);
  CHECK(pair.guest->incoming().Read(into).bytes == 4096);
  CHECK(std::equal(into.begin(), into.begin() + 4096, bytes.begin()));
  CHECK(pair.owner->outgoing().Room().bytes == 4096);
}

/// A writer that died after copying and before publishing.
void BytesThatWereNotPublishedAreNotThere() {
  Pair pair(4096);
  std::memset(pair.memory + kHeaderBytes, 0xaa, 4096);
  std::uint8_t into[16];
  CHECK(pair.guest->incoming().Available().bytes == 0);
  CHECK(pair.guest->incoming().Read(into).bytes == 0);
}

void ACursorThatCannotBeIsCorrupt() {
  struct Case {
    std::uint64_t published, tail;
    Fault fault;
  };
  const Case cases[] = {
      {0, 4096, Fault::kNone},      {0, 4097, Fault::kCorrupt}, {0, ~0ull, Fault::kCorrupt},
      {100, 99, Fault::kCorrupt},   {100, 0, Fault::kCorrupt},  {100, 1ull << 63, Fault::kCorrupt},
      {100, 100, Fault::kNone},     {100, 4096, Fault::kNone},
  };
  for (const Case& each : cases) {
    Pair pair(4096);
    pair.owner->outgoing().Write(Sequence(each.published, 0));
    CHECK(pair.guest->incoming().Available().bytes == each.published);
    pair.header().rings[0].tail.store(each.tail);
    std::vector<std::uint8_t> into(8192);
    CHECK(pair.guest->incoming().Read(into).fault == each.fault);
  }
}

void AHeadThatCannotBeIsCorrupt() {
  struct Case {
    std::uint64_t head;
    Fault fault;
  };
  const Case cases[] = {{100, Fault::kNone},    {99, Fault::kCorrupt},  {200, Fault::kNone},
                        {201, Fault::kCorrupt}, {~0ull, Fault::kCorrupt}, {0, Fault::kCorrupt}};
  for (const Case& each : cases) {
    Pair pair(4096);
    Writer& writer = pair.owner->outgoing();
    writer.Write(Sequence(200, 0));
    pair.header().rings[0].head.store(100);
    CHECK(writer.Room().bytes == 4096 - 100);
    pair.header().rings[0].head.store(each.head);
    CHECK(writer.Write(Sequence(1, 0)).fault == each.fault);
  }
}

void AWrongHeaderIsNoSegment() {
  Pair pair(4096);
  CHECK(IsFormatted(pair.span(), 4096, Nonce(kNonce)));
  const std::uint8_t other[kNonceBytes] = {1, 2, 4};
  CHECK(!IsFormatted(pair.span(), 4096, Nonce(other)));
  CHECK(!IsFormatted(pair.span(), 8192, Nonce(kNonce)));
  CHECK(!IsFormatted(pair.span().first(kHeaderBytes), 4096, Nonce(kNonce)));
  for (std::size_t at = 0; at < offsetof(Header, rings) - 24; ++at) {
    pair.memory[at] ^= 1;
    CHECK(!IsFormatted(pair.span(), 4096, Nonce(kNonce)));
    pair.memory[at] ^= 1;
  }
}

void RingSizesArePowersOfTwoWithinBounds() {
  CHECK(IsRingBytes(4096) && IsRingBytes(1 << 20) && IsRingBytes(64u << 20));
  CHECK(!IsRingBytes(0) && !IsRingBytes(2048) && !IsRingBytes(5000) && !IsRingBytes(1ull << 27));
}

void OnlyASleeperIsWokenAndOnlyOnce() {
  Pair pair(4096);
  Writer& writer = pair.owner->outgoing();
  Reader& reader = pair.guest->incoming();
  writer.Write(Sequence(1, 0));
  CHECK(!writer.TakeReaderSleep());
  reader.Sleep();
  CHECK(writer.TakeReaderSleep());
  CHECK(!writer.TakeReaderSleep());
  writer.Sleep();
  CHECK(reader.TakeWriterSleep());
  CHECK(!reader.TakeWriterSleep());
  reader.Sleep();
  reader.Wake();
  CHECK(!writer.TakeReaderSleep());
}

void AWriterIsWokenForHalfARing() {
  Pair pair(4096);
  Writer& writer = pair.owner->outgoing();
  Reader& reader = pair.guest->incoming();
  std::uint8_t into[2047];
  std::uint8_t one[1];
  writer.Write(Sequence(4096, 0));
  writer.Sleep();
  CHECK(!writer.HasRoomAgain());
  reader.Read(into);
  CHECK(!reader.TakeWriterSleep() && !writer.HasRoomAgain());
  reader.Read(one);
  CHECK(writer.HasRoomAgain());
  CHECK(reader.TakeWriterSleep());
  CHECK(!reader.TakeWriterSleep());
}

void FinishIsSeenAfterTheLastByte() {
  Pair pair(4096);
  pair.owner->outgoing().Write(Sequence(10, 0));
  CHECK(!pair.guest->incoming().Finished());
  pair.owner->outgoing().Finish();
  CHECK(pair.guest->incoming().Finished());
  CHECK(pair.guest->incoming().Available().bytes == 10);
}

/// A word of plain memory stands for the doorbell: who takes a sleep flag down sets it.
struct Bell {
  std::atomic<bool> rung{false};
  void Ring() { rung.store(true, std::memory_order_release); }
  void Await() {
    while (!rung.exchange(false, std::memory_order_acquire)) std::this_thread::yield();
  }
};

/// A lost wake-up hangs here; a torn byte is counted.
void TwoThreadsLoseAndTearNothingAndMissNoBell() {
  const std::uint64_t total = static_cast<std::uint64_t>(test::Amount("RING_TEST_MIB", 16)) << 20;
  Pair pair(4096);
  Bell reader_bell;
  Bell writer_bell;
  std::thread sender([&] {
    Writer& writer = pair.owner->outgoing();
    std::mt19937 random(2);
    for (std::uint64_t sent = 0; sent < total;) {
      const auto bytes = Sequence(1 + random() % 3000, sent);
      for (std::size_t at = 0; at < bytes.size();) {
        const std::uint32_t moved = writer.Write(std::span(bytes).subspan(at)).bytes;
        at += moved;
        if (moved > 0 && writer.TakeReaderSleep()) reader_bell.Ring();
        if (moved > 0) continue;
        writer.Sleep();
        if (!writer.HasRoomAgain()) writer_bell.Await();
        writer.Wake();
      }
      sent += bytes.size();
    }
    writer.Finish();
    if (writer.TakeReaderSleep()) reader_bell.Ring();
  });
  Reader& reader = pair.guest->incoming();
  std::vector<std::uint8_t> into(2500);
  std::uint64_t read = 0;
  std::uint64_t wrong = 0;
  for (;;) {
    const bool finished = reader.Finished();
    const std::uint32_t moved = reader.Read(into).bytes;
    if (moved > 0 && reader.TakeWriterSleep()) writer_bell.Ring();
    const auto expected = Sequence(moved, read);
    if (!std::equal(expected.begin(), expected.end(), into.begin())) ++wrong;
    read += moved;
    if (moved == 0 && finished) break;
    if (moved > 0) continue;
    reader.Sleep();
    if (reader.Available().bytes == 0 && !reader.Finished()) reader_bell.Await();
    reader.Wake();
  }
  sender.join();
  CHECK(wrong == 0);
  CHECK(read >= total);
}

/// Random values over every byte that the other side may write, against both sides' calls.
void HostileBytesNeverLeadOutOfBounds() {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(test::Amount("RING_FUZZ_MS", 500));
  std::mt19937_64 random(static_cast<std::uint64_t>(test::Amount("RING_FUZZ_SEED", 3)));
  std::uint64_t corrupt = 0;
  std::uint64_t lawful = 0;
  const std::uint64_t edges[] = {0, 1, 4095, 4096, 4097, ~0ull, 1ull << 63, 1ull << 32};
  while (std::chrono::steady_clock::now() < end) {
    Pair pair(4096);
    std::vector<std::uint8_t> into(1 + random() % 9000);
    const auto bytes = Sequence(random() % 9000, 0);
    for (int step = 0; step < 50; ++step) {
      Cursors& cursors = pair.header().rings[random() % 2];
      auto* raw = reinterpret_cast<std::uint8_t*>(pair.memory);
      const std::uint64_t near = cursors.tail.load() + random() % 9000 - 4500;
      const std::uint64_t value = random() % 2 ? near : edges[random() % std::size(edges)];
      switch (random() % 4) {
        case 0: cursors.tail.store(value); break;
        case 1: cursors.head.store(value); break;
        case 2: raw[random() % sizeof(Header)] = static_cast<std::uint8_t>(random()); break;
        default: break;
      }
      SegmentView& side = random() % 2 ? *pair.owner : *pair.guest;
      const Moved in = side.incoming().Read(into);
      const Moved out = side.outgoing().Write(bytes);
      CHECK(in.bytes <= into.size() && in.bytes <= 4096);
      CHECK(out.bytes <= bytes.size() && out.bytes <= 4096);
      for (const Moved& moved : {in, out}) ++(moved.fault == Fault::kCorrupt ? corrupt : lawful);
      IsFormatted(pair.span(), 4096, Nonce(kNonce));
    }
  }
  CHECK(corrupt > 0 && lawful > 0);
}

}  // namespace

int main() {
  const test::Rule rules[] = {
      {"what is written is read, in order, over many laps", WhatIsWrittenIsReadInOrderOverManyLaps},
      {"the two directions are apart", BothDirectionsAreApart},
      {"a full ring takes nothing and loses nothing", AFullRingTakesNothingAndLosesNothing},
      {"bytes that were not published are not there", BytesThatWereNotPublishedAreNotThere},
      {"a tail that cannot be is corrupt", ACursorThatCannotBeIsCorrupt},
      {"a head that cannot be is corrupt", AHeadThatCannotBeIsCorrupt},
      {"a wrong header is no segment", AWrongHeaderIsNoSegment},
      {"ring sizes are powers of two within bounds", RingSizesArePowersOfTwoWithinBounds},
      {"only a sleeper is woken, and only once", OnlyASleeperIsWokenAndOnlyOnce},
      {"a writer is woken for half a ring, not for a byte", AWriterIsWokenForHalfARing},
      {"the finish is seen after the last byte", FinishIsSeenAfterTheLastByte},
      {"two threads lose and tear nothing and miss no bell",
       TwoThreadsLoseAndTearNothingAndMissNoBell},
      {"hostile bytes never lead out of bounds", HostileBytesNeverLeadOutOfBounds},
  };
  return test::RunAll(rules);
}
