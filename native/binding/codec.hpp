// What JavaScript calls of the codec.
#pragma once

#include <napi.h>

namespace treebus::binding {

/// scanData(memory, start, end, frameBytesMax, bodyBytesMax, rows): how many rows were filled in.
Napi::Value ScanData(const Napi::CallbackInfo& info);

/// sealFrames(memory, start, end): how many frames got their check sum.
Napi::Value SealFrames(const Napi::CallbackInfo& info);

}  // namespace treebus::binding
