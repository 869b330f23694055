#include "codec.hpp"

#include <cstdint>
#include <limits>
#include <span>

#include "../codec/data_scan.hpp"
#include "../codec/frame_seal.hpp"

namespace treebus::binding {

namespace {

/// Memory of JavaScript's for the length of this call; empty where it is no array of that type.
template <typename T>
std::span<T> ArrayOf(const Napi::Value& value, napi_typedarray_type wanted) {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* data = nullptr;
  const napi_status status = napi_get_typedarray_info(value.Env(), value, &type, &length, &data,
                                                      nullptr, nullptr);
  if (status != napi_ok || type != wanted) return {};
  return {static_cast<T*>(data), length};
}

std::uint32_t NumberAt(const Napi::CallbackInfo& info, std::size_t index) {
  std::uint32_t number = 0;
  return napi_get_value_uint32(info.Env(), info[index], &number) == napi_ok ? number : 0;
}

}  // namespace

Napi::Value ScanData(const Napi::CallbackInfo& info) {
  const auto memory = ArrayOf<std::uint8_t>(info[0], napi_uint8_array);
  const std::uint32_t start = NumberAt(info, 1);
  const std::uint32_t end = NumberAt(info, 2);
  const codec::Bounds bounds{NumberAt(info, 3), NumberAt(info, 4)};
  const auto words = ArrayOf<std::uint32_t>(info[5], napi_uint32_array);
  const bool fits = start <= end && end <= memory.size() &&
                    reinterpret_cast<std::uintptr_t>(words.data()) % alignof(codec::Row) == 0;
  if (!fits) return Napi::Number::New(info.Env(), 0);
  constexpr std::size_t kRowWords = sizeof(codec::Row) / sizeof(std::uint32_t);
  const std::span<codec::Row> rows(reinterpret_cast<codec::Row*>(words.data()),
                                   words.size() / kRowWords);
  const std::size_t count = codec::ScanData(memory.first(end), start, bounds, rows);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

Napi::Value SealFrames(const Napi::CallbackInfo& info) {
  const auto memory = ArrayOf<std::uint8_t>(info[0], napi_uint8_array);
  const std::uint32_t start = NumberAt(info, 1);
  const std::uint32_t end = NumberAt(info, 2);
  const bool fits = start <= end && end <= memory.size();
  const std::size_t count = fits ? codec::SealFrames(memory.first(end), start) : 0;
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

}  // namespace treebus::binding
