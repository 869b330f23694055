// The few lines of test framework the C++ tests need.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace treebus::test {

inline int failures = 0;

inline void Check(bool holds, const char* what, int line) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "  line %d: not so: %s\n", line, what);
}

/// A number from the environment, for how long or how often.
inline long Amount(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

struct Rule {
  const char* title;
  void (*run)();
};

template <std::size_t N>
int RunAll(const Rule (&rules)[N]) {
  for (const Rule& rule : rules) {
    const int before = failures;
    rule.run();
    std::printf("%s %s\n", failures == before ? "ok  " : "FAIL", rule.title);
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace treebus::test

#define CHECK(condition) ::treebus::test::Check((condition), #condition, __LINE__)
