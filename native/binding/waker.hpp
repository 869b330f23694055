// The doorbell of one thread, watched by its event loop.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <optional>

#include "../os/doorbell.hpp"
#include "registry.hpp"

namespace treebus::binding {

/// Owned by itself from `Start` on: the environment's cleanup hook stops the poll, and the poll's
/// close callback deletes it. The JavaScript callback is let go in the hook, while it may be.
class Waker {
 public:
  /// Null where there is no doorbell to be had; `failure` then says why.
  static Waker* Start(Napi::Env env, Napi::Function on_ring, os::Failure& failure);

  int named() const { return bell_->named(); }

 private:
  explicit Waker(Napi::Env env) : env_(env) {}
  Waker(const Waker&) = delete;

  static void OnReadable(uv_poll_t* poll, int status, int events);
  static void OnCleanup(napi_async_cleanup_hook_handle hook, void* waker);
  static void OnClosed(uv_handle_t* handle);
  void Ring();

  Napi::Env env_;
  std::optional<os::Doorbell> bell_;
  uv_poll_t poll_;
  Napi::FunctionReference on_ring_;
  std::unique_ptr<Napi::AsyncContext> context_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace treebus::binding
