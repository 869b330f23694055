// All open links of one thread: which of them have something to do, and falling asleep over them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../ring/segment_view.hpp"

namespace treebus::binding {

/// What a link is woken for. `slot` is how JavaScript calls it.
struct Interest {
  ring::SegmentView* view;
  std::uint32_t slot;
  bool read;
  bool write;

  bool IsReady() const {
    return (read && IsReadable()) || (write && view->outgoing().HasRoomAgain());
  }

 private:
  bool IsReadable() const {
    ring::Reader& incoming = view->incoming();
    if (incoming.Finished()) return true;
    const ring::Moved available = incoming.Available();
    return available.bytes > 0 || available.fault != ring::Fault::kNone;
  }
};

/// Plain memory, shared by the thread's links and its waker, whichever goes last.
class Registry {
 public:
  void Add(Interest* interest) { interests_.push_back(interest); }

  void Remove(Interest* interest) { std::erase(interests_, interest); }

  /// Slots that are ready, at most as many as fit. Each call begins where the last one ended, so
  /// that a few busy links do not hide the others.
  std::uint32_t Ready(std::span<std::uint32_t> slots) {
    if (asleep_) WakeAll();
    return Collect(slots);
  }

  /// As Ready; where nothing is, every link is left with its sleep flags up.
  std::uint32_t ReadyOrSleep(std::span<std::uint32_t> slots) {
    if (const std::uint32_t count = Ready(slots); count > 0) return count;
    SleepAll();
    // What came between the first look and the flags was not rung for.
    const std::uint32_t count = Collect(slots);
    if (count > 0) WakeAll();
    return count;
  }

 private:
  std::uint32_t Collect(std::span<std::uint32_t> slots) {
    std::uint32_t count = 0;
    const std::size_t all = interests_.size();
    std::size_t looked = 0;
    for (; looked < all && count < slots.size(); ++looked) {
      const Interest* interest = interests_[(first_ + looked) % all];
      if (interest->IsReady()) slots[count++] = interest->slot;
    }
    if (all > 0) first_ = (first_ + looked) % all;
    return count;
  }

  void SleepAll() {
    asleep_ = true;
    for (const Interest* interest : interests_) {
      if (interest->read) interest->view->incoming().Sleep();
      if (interest->write) interest->view->outgoing().Sleep();
    }
  }

  void WakeAll() {
    asleep_ = false;
    for (const Interest* interest : interests_) {
      interest->view->incoming().Wake();
      interest->view->outgoing().Wake();
    }
  }

  std::vector<Interest*> interests_;
  std::size_t first_ = 0;
  bool asleep_ = false;
};

}  // namespace treebus::binding
