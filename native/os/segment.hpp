// A segment of shared memory: made by one process, named to another of the same user.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "../ring/segment_view.hpp"
#include "descriptor.hpp"
#include "outcome.hpp"

namespace treebus::os {

/// A mapped file, and until `Withdraw` the means by which another process can map it as well.
/// Everything of it is gone with its last mapping; only a named one that is killed before
/// `Withdraw` leaves its name behind.
class Segment {
 public:
  /// An unnamed file whose size is sealed: nobody can take its pages away. The peer opens
  /// descriptor `descriptor()` of this process. ENOSYS where the system has no such files.
  static Outcome<Segment> CreateAnonymous(std::uint32_t ring_bytes, ring::Nonce nonce);
  static Outcome<Segment> OpenAnonymous(pid_t pid, int fd, std::uint32_t ring_bytes,
                                        ring::Nonce nonce);

  /// `name` must be `IsSegmentName`; EEXIST where somebody has it already.
  static Outcome<Segment> CreateNamed(std::string name, std::uint32_t ring_bytes,
                                      ring::Nonce nonce);
  static Outcome<Segment> OpenNamed(const std::string& name, std::uint32_t ring_bytes,
                                    ring::Nonce nonce);

  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) = delete;
  ~Segment();

  std::span<std::uint8_t> memory() const { return memory_; }
  int descriptor() const { return file_.get(); }

  /// Nobody else can open it from now on. Call as soon as the peer has mapped it.
  void Withdraw();

 private:
  Segment(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  static Outcome<Segment> Format(Segment segment, std::uint32_t ring_bytes, ring::Nonce nonce);
  static Outcome<Segment> Check(Segment segment, std::uint32_t ring_bytes, ring::Nonce nonce);
  int Map(std::size_t bytes);

  std::span<std::uint8_t> memory_;
  Descriptor file_;   // Held by the owner only, until Withdraw.
  std::string name_;  // Likewise; empty for an unnamed one.
};

/// `treebus-` and 32 hexadecimal digits, in lower case.
bool IsSegmentName(const std::string& name);

}  // namespace treebus::os
