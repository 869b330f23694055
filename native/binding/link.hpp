// One link's two rings as JavaScript sees them.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "../os/doorbell.hpp"
#include "../os/segment.hpp"
#include "registry.hpp"

namespace treebus::binding {

/// Valid until `close()`, or until it is collected. Every call after that does nothing.
class Link : public Napi::ObjectWrap<Link> {
 public:
  /// What `read` and `write` return below zero.
  static constexpr int kCorrupt = -1;
  static constexpr int kEnded = -2;

  static Napi::Function Define(Napi::Env env);
  static Napi::Object Make(Napi::Env env, os::Segment segment, std::uint32_t ring_bytes,
                           ring::Side side);

  explicit Link(const Napi::CallbackInfo& info);
  ~Link() override;

 private:
  void Attach(os::Segment segment, std::uint32_t ring_bytes, ring::Side side);
  void Detach();
  void RingPeer();

  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Finish(const Napi::CallbackInfo& info);
  Napi::Value Want(const Napi::CallbackInfo& info);
  Napi::Value HoldRope(const Napi::CallbackInfo& info);
  Napi::Value TakeOwedRing(const Napi::CallbackInfo& info);
  Napi::Value Withdraw(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value Descriptor(const Napi::CallbackInfo& info);

  std::shared_ptr<Registry> registry_;
  std::optional<os::Segment> segment_;
  std::optional<ring::SegmentView> view_;
  std::optional<os::BellRope> rope_;
  Interest interest_{};
  bool owes_ring_ = false;
};

}  // namespace treebus::binding
