// Which part of a list is read.
#pragma once

#include <string>

namespace adares {

// Tokens are opaque, URL-safe and bound to their list.
struct Page {
  int size = 100;     // at least 1; what lists of resources take at most is 1000
  std::string token;  // empty for the first page
  bool operator==(const Page&) const = default;
};

}  // namespace adares
