// How a sleeping reader is woken: a pipe that its event loop watches.
#pragma once

#include <sys/types.h>

#include "descriptor.hpp"
#include "outcome.hpp"

namespace treebus::os {

/// The sleeper's side, one for all rings of a thread.
class Doorbell {
 public:
  static Outcome<Doorbell> Create();

  /// To be watched for readability.
  int watched() const { return read_end_.get(); }
  /// What `BellRope::Open` needs of this process.
  int named() const { return write_end_.get(); }
  /// Takes everything that was rung.
  void Silence();

 private:
  Doorbell(Descriptor read_end, Descriptor write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  Descriptor read_end_;
  Descriptor write_end_;
};

/// The other side's means to ring it. Only for a peer that has shown to be of our user: what it
/// names is opened for writing.
class BellRope {
 public:
  static Outcome<BellRope> Open(pid_t pid, int fd);
  /// Never waits; a bell that was rung often enough, or whose owner is gone, is left alone.
  void Ring();

 private:
  explicit BellRope(Descriptor pipe) : pipe_(std::move(pipe)) {}
  Descriptor pipe_;
};

}  // namespace treebus::os
