// What the addon keeps for one environment: the main thread and every worker have their own.
#pragma once

#include <napi.h>

#include <memory>

#include "registry.hpp"
#include "waker.hpp"

namespace treebus::binding {

struct State {
  std::shared_ptr<Registry> registry = std::make_shared<Registry>();
  Waker* waker = nullptr;  // Owns itself.
  Napi::FunctionReference link_class;
};

inline State& StateOf(Napi::Env env) { return *env.GetInstanceData<State>(); }

/// An error of the system by its name, e.g. `ENOSPC`, or our own reason to refuse.
inline Napi::Value Explain(Napi::Env env, const os::Failure& failure) {
  const char* text =
      failure.refusal ? failure.refusal : uv_err_name(uv_translate_sys_error(failure.error));
  return Napi::String::New(env, text);
}

}  // namespace treebus::binding
