// What fuzzers state about the code that they try: where it is not so, the run ends with the input
// that shows it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace adares::fuzz {

inline void Require(bool fact, const char* text) {
  if (fact) return;
  std::fprintf(stderr, "not so: %s\n", text);
  std::abort();
}

}  // namespace adares::fuzz
