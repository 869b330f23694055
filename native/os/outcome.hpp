// What a call to the system gave: a value, or why there is none.
#pragma once

#include <utility>
#include <variant>

namespace treebus::os {

/// Either an errno, or our own reason to refuse what the system would have given.
struct Failure {
  int error = 0;
  const char* refusal = nullptr;
};

template <typename Value>
class Outcome {
 public:
  Outcome(Value value) : held_(std::move(value)) {}
  Outcome(Failure failure) : held_(failure) {}

  explicit operator bool() const { return held_.index() == 0; }
  Value& value() { return std::get<0>(held_); }
  const Failure& failure() const { return std::get<1>(held_); }

 private:
  std::variant<Value, Failure> held_;
};

}  // namespace treebus::os
