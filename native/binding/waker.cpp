#include "waker.hpp"

namespace treebus::binding {

Waker* Waker::Start(Napi::Env env, Napi::Function on_ring, os::Failure& failure) {
  auto bell = os::Doorbell::Create();
  if (!bell) {
    failure = bell.failure();
    return nullptr;
  }
  std::unique_ptr<Waker> waker(new Waker(env));
  waker->bell_.emplace(std::move(bell.value()));
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  if (const int error = uv_poll_init(loop, &waker->poll_, waker->bell_->watched()); error != 0) {
    failure = {-error, nullptr};
    return nullptr;
  }
  waker->poll_.data = waker.get();
  waker->on_ring_ = Napi::Persistent(on_ring);
  waker->context_ = std::make_unique<Napi::AsyncContext>(env, "treebus:doorbell");
  uv_poll_start(&waker->poll_, UV_READABLE, OnReadable);
  // The control sockets of the links hold the process, not the bell.
  uv_unref(reinterpret_cast<uv_handle_t*>(&waker->poll_));
  napi_add_async_cleanup_hook(env, OnCleanup, waker.get(), &waker->hook_);
  return waker.release();
}

void Waker::OnReadable(uv_poll_t* poll, int status, int) {
  if (status == 0) static_cast<Waker*>(poll->data)->Ring();
}

void Waker::Ring() {
  bell_->Silence();
  Napi::HandleScope scope(env_);
  on_ring_.MakeCallback(env_.Global(), {}, *context_);
  if (!env_.IsExceptionPending()) return;
  // What a callback throws is uncaught, as from any other of the event loop's.
  napi_fatal_exception(env_, env_.GetAndClearPendingException().Value());
}

void Waker::OnCleanup(napi_async_cleanup_hook_handle, void* data) {
  auto* waker = static_cast<Waker*>(data);
  waker->on_ring_.Reset();
  waker->context_.reset();
  uv_poll_stop(&waker->poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&waker->poll_), OnClosed);
}

void Waker::OnClosed(uv_handle_t* handle) {
  auto* waker = static_cast<Waker*>(handle->data);
  napi_remove_async_cleanup_hook(waker->hook_);
  delete waker;
}

}  // namespace treebus::binding
