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
  // The C interface: a worker that is being terminated runs no more JavaScript, and node-addon-api
  // ends the whole process where it cannot say so by an exception.
  napi_value result;
  const napi_status status = napi_make_callback(env_, *context_, env_.Global(), on_ring_.Value(),
                                                0, nullptr, &result);
  if (status != napi_pending_exception) return;
  // What the callback throws is uncaught, as from any other of the event loop's.
  napi_value error;
  if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
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
