#include "link.hpp"

#include "state.hpp"

namespace treebus::binding {

namespace {

Napi::Value Number(const Napi::CallbackInfo& info, double value) {
  return Napi::Number::New(info.Env(), value);
}

/// Memory of JavaScript's for the length of this call; empty where it is no bytes.
std::span<std::uint8_t> BytesOf(const Napi::Value& value) {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* data = nullptr;
  const napi_status status = napi_get_typedarray_info(value.Env(), value, &type, &length, &data,
                                                      nullptr, nullptr);
  if (status != napi_ok || type != napi_uint8_array) return {};
  return {static_cast<std::uint8_t*>(data), length};
}

}  // namespace

Napi::Function Link::Define(Napi::Env env) {
  return DefineClass(env, "Link",
                     {
                         InstanceMethod<&Link::Write>("write"),
                         InstanceMethod<&Link::Read>("read"),
                         InstanceMethod<&Link::Finish>("finish"),
                         InstanceMethod<&Link::Want>("want"),
                         InstanceMethod<&Link::HoldRope>("holdRope"),
                         InstanceMethod<&Link::TakeOwedRing>("takeOwedRing"),
                         InstanceMethod<&Link::Withdraw>("withdraw"),
                         InstanceMethod<&Link::Close>("close"),
                         InstanceMethod<&Link::Descriptor>("descriptor"),
                     });
}

Napi::Object Link::Make(Napi::Env env, os::Segment segment, std::uint32_t ring_bytes,
                        ring::Side side) {
  Napi::Object object = StateOf(env).link_class.New({});
  Unwrap(object)->Attach(std::move(segment), ring_bytes, side);
  return object;
}

Link::Link(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<Link>(info), registry_(StateOf(info.Env()).registry) {}

Link::~Link() { Detach(); }

void Link::Attach(os::Segment segment, std::uint32_t ring_bytes, ring::Side side) {
  segment_.emplace(std::move(segment));
  view_.emplace(segment_->memory(), ring_bytes, side);
  interest_.view = &*view_;
  registry_->Add(&interest_);
}

void Link::Detach() {
  if (!view_) return;
  registry_->Remove(&interest_);
  view_.reset();
  rope_.reset();
  segment_.reset();
}

void Link::RingPeer() {
  if (rope_) rope_->Ring();
  else owes_ring_ = true;
}

/// write(bytes, from): bytes taken, from `from` on, or kCorrupt.
Napi::Value Link::Write(const Napi::CallbackInfo& info) {
  if (!view_) return Number(info, 0);
  const std::span<std::uint8_t> bytes = BytesOf(info[0]);
  const std::size_t from = info[1].As<Napi::Number>().Uint32Value();
  if (from >= bytes.size()) return Number(info, 0);
  const ring::Moved moved = view_->outgoing().Write(bytes.subspan(from));
  if (moved.fault != ring::Fault::kNone) return Number(info, kCorrupt);
  if (moved.bytes > 0 && view_->outgoing().TakeReaderSleep()) RingPeer();
  return Number(info, moved.bytes);
}

/// read(space): bytes written to its start, kEnded once all was read that will ever come, or
/// kCorrupt.
Napi::Value Link::Read(const Napi::CallbackInfo& info) {
  if (!view_) return Number(info, 0);
  ring::Reader& incoming = view_->incoming();
  const bool finished = incoming.Finished();
  const std::span<std::uint8_t> space = BytesOf(info[0]);
  const ring::Moved moved = incoming.Read(space);
  if (moved.fault != ring::Fault::kNone) return Number(info, kCorrupt);
  if (moved.bytes == 0 && finished && !space.empty()) return Number(info, kEnded);
  if (moved.bytes > 0 && incoming.TakeWriterSleep()) RingPeer();
  return Number(info, moved.bytes);
}

/// Nothing more will be written.
Napi::Value Link::Finish(const Napi::CallbackInfo& info) {
  if (!view_) return info.Env().Undefined();
  view_->outgoing().Finish();
  if (view_->outgoing().TakeReaderSleep()) RingPeer();
  return info.Env().Undefined();
}

/// want(slot, read, write): what `ready` is to report, and as whom.
Napi::Value Link::Want(const Napi::CallbackInfo& info) {
  interest_.slot = info[0].As<Napi::Number>().Uint32Value();
  interest_.read = info[1].As<Napi::Boolean>().Value();
  interest_.write = info[2].As<Napi::Boolean>().Value();
  return info.Env().Undefined();
}

/// holdRope(pid, fd): undefined, or why the peer's bell cannot be rung from here.
Napi::Value Link::HoldRope(const Napi::CallbackInfo& info) {
  if (!view_) return info.Env().Undefined();
  auto rope = os::BellRope::Open(info[0].As<Napi::Number>().Int32Value(),
                                 info[1].As<Napi::Number>().Int32Value());
  if (!rope) return Explain(info.Env(), rope.failure());
  rope_.emplace(std::move(rope.value()));
  return info.Env().Undefined();
}

/// Whether the peer was to be woken and there was no rope to do it with.
Napi::Value Link::TakeOwedRing(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), std::exchange(owes_ring_, false));
}

/// Nobody else can map the segment from now on.
Napi::Value Link::Withdraw(const Napi::CallbackInfo& info) {
  if (segment_) segment_->Withdraw();
  return info.Env().Undefined();
}

Napi::Value Link::Close(const Napi::CallbackInfo& info) {
  Detach();
  return info.Env().Undefined();
}

/// What the peer opens of this process, below 0 once withdrawn.
Napi::Value Link::Descriptor(const Napi::CallbackInfo& info) {
  return Number(info, segment_ ? segment_->descriptor() : -1);
}

}  // namespace treebus::binding
