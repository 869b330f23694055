// One direction of a segment: a stream of bytes from one writer to one reader.
//
// The bytes have no record headers: what is published is one number, `tail`, stored after the bytes
// it covers. A writer that dies at any instruction therefore leaves either nothing or whole
// batches, and a hostile one can forge nothing but that number, which is checked on every read.
// Neither side ever reads its own cursor back from the shared memory.
#pragma once

#include <cstring>
#include <span>

#include "layout.hpp"

namespace treebus::ring {

/// What a call found. Everything below `kCorrupt` cannot happen between two of our own kind.
enum class Fault : std::uint8_t { kNone, kCorrupt };

/// The other end's cursor was impossible (`fault`), or `bytes` were moved; 0 is not a fault.
struct Moved {
  std::uint32_t bytes;
  Fault fault;
};

/// `ring_bytes` must be a power of two within the bounds, `data` of exactly that many bytes.
class Writer {
 public:
  Writer(Cursors& cursors, std::span<std::uint8_t> data)
      : cursors_(&cursors), data_(data.data()), capacity_(data.size()) {}

  /// Copies as much as fits and publishes it. Ask `TakeReaderSleep` afterwards.
  Moved Write(std::span<const std::uint8_t> bytes) {
    const Moved room = Room();
    if (room.fault != Fault::kNone) return room;
    const std::size_t count = bytes.size() < room.bytes ? bytes.size() : room.bytes;
    if (count == 0) return {0, Fault::kNone};
    const std::size_t at = tail_ & (capacity_ - 1);
    const std::size_t first = count < capacity_ - at ? count : capacity_ - at;
    std::memcpy(data_ + at, bytes.data(), first);
    std::memcpy(data_, bytes.data() + first, count - first);
    tail_ += count;
    // PAIR(publish): released here, acquired in Reader::Available.
    cursors_->tail.store(tail_, std::memory_order_release);
    return {static_cast<std::uint32_t>(count), Fault::kNone};
  }

  /// Bytes that a Write would take now.
  Moved Room() {
    // PAIR(free): acquired here, released in Reader::Read; the reader is done with those bytes.
    const std::uint64_t head = cursors_->head.load(std::memory_order_acquire);
    const std::uint64_t unread = tail_ - head;
    if (unread > tail_ - head_seen_) return {0, Fault::kCorrupt};
    head_seen_ = head;
    return {static_cast<std::uint32_t>(capacity_ - unread), Fault::kNone};
  }

  void Finish() { cursors_->finished.store(1, std::memory_order_release); }

  /// True once for each time the reader fell asleep: then it must be woken.
  bool TakeReaderSleep() {
    // PAIR(sleep): orders our store of `tail` before this load; the reader orders its flag before
    // its load of `tail`. One of the two sees the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (cursors_->reader_sleeps.load(std::memory_order_relaxed) == 0) return false;
    return cursors_->reader_sleeps.exchange(0, std::memory_order_acq_rel) != 0;
  }

  /// Whether a writer that found the ring full should try again. Half of it, so that the two sides
  /// do not take turns over every little read.
  bool HasRoomAgain() {
    const Moved room = Room();
    return room.fault != Fault::kNone || room.bytes >= capacity_ / 2;
  }

  /// Asks to be woken for that. Look at `HasRoomAgain` after this, before sleeping.
  void Sleep() {
    cursors_->writer_sleeps.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // PAIR(room).
  }

  void Wake() { cursors_->writer_sleeps.store(0, std::memory_order_relaxed); }

  std::uint64_t tail() const { return tail_; }

 private:
  Cursors* cursors_;
  std::uint8_t* data_;
  std::uint64_t capacity_;
  std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;  // Never runs back, never passes tail_.
};

/// See Writer.
class Reader {
 public:
  Reader(Cursors& cursors, std::span<const std::uint8_t> data)
      : cursors_(&cursors), data_(data.data()), capacity_(data.size()) {}

  /// Copies out as much as there is and fits, and gives its room back. Ask `TakeWriterSleep` then.
  Moved Read(std::span<std::uint8_t> into) {
    const Moved available = Available();
    if (available.fault != Fault::kNone) return available;
    const std::size_t count = into.size() < available.bytes ? into.size() : available.bytes;
    if (count == 0) return {0, Fault::kNone};
    const std::size_t at = head_ & (capacity_ - 1);
    const std::size_t first = count < capacity_ - at ? count : capacity_ - at;
    std::memcpy(into.data(), data_ + at, first);
    std::memcpy(into.data() + first, data_, count - first);
    head_ += count;
    cursors_->head.store(head_, std::memory_order_release);  // PAIR(free).
    return {static_cast<std::uint32_t>(count), Fault::kNone};
  }

  /// Bytes that a Read would find now.
  Moved Available() {
    const std::uint64_t tail = cursors_->tail.load(std::memory_order_acquire);  // PAIR(publish).
    const std::uint64_t unread = tail - head_;
    if (unread > capacity_ || unread < tail_seen_ - head_) return {0, Fault::kCorrupt};
    tail_seen_ = tail;
    return {static_cast<std::uint32_t>(unread), Fault::kNone};
  }

  /// Whether the writer said that nothing follows. Bytes may be left: ask before `Available`.
  bool Finished() const { return cursors_->finished.load(std::memory_order_acquire) != 0; }

  /// Asks to be woken. Look at `Available` and `Finished` again after this, before sleeping.
  void Sleep() {
    cursors_->reader_sleeps.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // PAIR(sleep).
  }

  void Wake() { cursors_->reader_sleeps.store(0, std::memory_order_relaxed); }

  /// True once for each time the writer began to wait and has its room: then it must be woken.
  /// The `tail` that is seen here may be behind: that wakes it early, never late.
  bool TakeWriterSleep() {
    if (cursors_->tail.load(std::memory_order_relaxed) - head_ > capacity_ / 2) return false;
    std::atomic_thread_fence(std::memory_order_seq_cst);  // PAIR(room): as PAIR(sleep), for `head`.
    if (cursors_->writer_sleeps.load(std::memory_order_relaxed) == 0) return false;
    return cursors_->writer_sleeps.exchange(0, std::memory_order_acq_rel) != 0;
  }

 private:
  Cursors* cursors_;
  const std::uint8_t* data_;
  std::uint64_t capacity_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_seen_ = 0;  // Never runs back.
};

}  // namespace treebus::ring
