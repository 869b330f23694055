// The addon: src/channel/native.ts says what each function takes and returns.
#include <napi.h>

#include <algorithm>
#include <array>

#ifndef _WIN32
#include <sched.h>
#endif

#include "codec.hpp"
#include "link.hpp"
#include "state.hpp"

namespace treebus::binding {

namespace {

constexpr std::uint32_t kSlotsPerCall = 256;

struct Request {
  std::uint32_t ring_bytes = 0;
  std::array<std::uint8_t, ring::kNonceBytes> nonce{};
};

/// The last two arguments of all four: ring size and nonce. False where they are of no use.
bool Parse(const Napi::CallbackInfo& info, std::size_t at, Request& request) {
  if (!info[at].IsNumber() || !info[at + 1].IsTypedArray()) return false;
  const auto nonce = info[at + 1].As<Napi::Uint8Array>();
  if (nonce.ByteLength() != ring::kNonceBytes) return false;
  request.ring_bytes = info[at].As<Napi::Number>().Uint32Value();
  std::copy_n(nonce.Data(), ring::kNonceBytes, request.nonce.begin());
  return true;
}

Napi::Value LinkOr(Napi::Env env, os::Outcome<os::Segment> outcome, const Request& request,
                   ring::Side side) {
  if (!outcome) return Explain(env, outcome.failure());
  return Link::Make(env, std::move(outcome.value()), request.ring_bytes, side);
}

Napi::Value BadRequest(Napi::Env env) { return Explain(env, {0, "bad_request"}); }

Napi::Value CreateAnonymous(const Napi::CallbackInfo& info) {
  Request request;
  if (!Parse(info, 0, request)) return BadRequest(info.Env());
  const ring::Nonce nonce(request.nonce);
  return LinkOr(info.Env(), os::Segment::CreateAnonymous(request.ring_bytes, nonce), request,
                ring::Side::kOwner);
}

Napi::Value CreateNamed(const Napi::CallbackInfo& info) {
  Request request;
  if (!Parse(info, 1, request)) return BadRequest(info.Env());
  const ring::Nonce nonce(request.nonce);
  const std::string name = info[0].ToString();
  return LinkOr(info.Env(), os::Segment::CreateNamed(name, request.ring_bytes, nonce), request,
                ring::Side::kOwner);
}

Napi::Value OpenAnonymous(const Napi::CallbackInfo& info) {
  Request request;
  if (!Parse(info, 2, request)) return BadRequest(info.Env());
  const ring::Nonce nonce(request.nonce);
  const int pid = info[0].ToNumber().Int32Value();
  const int fd = info[1].ToNumber().Int32Value();
  return LinkOr(info.Env(), os::Segment::OpenAnonymous(pid, fd, request.ring_bytes, nonce),
                request, ring::Side::kGuest);
}

Napi::Value OpenNamed(const Napi::CallbackInfo& info) {
  Request request;
  if (!Parse(info, 1, request)) return BadRequest(info.Env());
  const ring::Nonce nonce(request.nonce);
  const std::string name = info[0].ToString();
  return LinkOr(info.Env(), os::Segment::OpenNamed(name, request.ring_bytes, nonce), request,
                ring::Side::kGuest);
}

/// watch(onRing): the bell's descriptor, or why there is none. A second call finds the first bell.
Napi::Value Watch(const Napi::CallbackInfo& info) {
  State& state = StateOf(info.Env());
  os::Failure failure;
  if (state.waker == nullptr) {
    state.waker = Waker::Start(info.Env(), info[0].As<Napi::Function>(), failure);
  }
  if (state.waker == nullptr) return Explain(info.Env(), failure);
  return Napi::Number::New(info.Env(), state.waker->named());
}

/// ready(slots, mayYield): how many of the slots were filled in. Where none was: sleep flags are
/// up and the bell will ring, or with `mayYield` they are not and the processor was given away.
Napi::Value Ready(const Napi::CallbackInfo& info) {
  Registry& registry = *StateOf(info.Env()).registry;
  auto slots = info[0].As<Napi::Uint32Array>();
  const std::span<std::uint32_t> into(slots.Data(), slots.ElementLength());
  const bool spins = info[1].As<Napi::Boolean>().Value();
  const std::uint32_t count = spins ? registry.Ready(into) : registry.ReadyOrSleep(into);
#ifndef _WIN32
  // Without this, two processes that spin on one processor take turns by time slices.
  if (spins && count == 0) sched_yield();
#endif
  return Napi::Number::New(info.Env(), count);
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  auto* state = new State();
  env.SetInstanceData(state);
  const Napi::Function link_class = Link::Define(env);
  state->link_class = Napi::Persistent(link_class);
  exports.Set("createAnonymous", Napi::Function::New<CreateAnonymous>(env));
  exports.Set("createNamed", Napi::Function::New<CreateNamed>(env));
  exports.Set("openAnonymous", Napi::Function::New<OpenAnonymous>(env));
  exports.Set("openNamed", Napi::Function::New<OpenNamed>(env));
  exports.Set("watch", Napi::Function::New<Watch>(env));
  exports.Set("ready", Napi::Function::New<Ready>(env));
  exports.Set("scanData", Napi::Function::New<ScanData>(env));
  exports.Set("sealFrames", Napi::Function::New<SealFrames>(env));
  exports.Set("corrupt", Link::kCorrupt);
  exports.Set("ended", Link::kEnded);
  exports.Set("nonceBytes", static_cast<double>(ring::kNonceBytes));
  exports.Set("ringBytesMin", static_cast<double>(ring::kRingBytesMin));
  exports.Set("ringBytesMax", static_cast<double>(ring::kRingBytesMax));
  exports.Set("slotsPerCall", static_cast<double>(kSlotsPerCall));
  return exports;
}

}  // namespace

}  // namespace treebus::binding

using treebus::binding::Initialize;
NODE_API_MODULE(treebus, Initialize)
