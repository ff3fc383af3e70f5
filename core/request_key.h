// What makes a call that changes something count once.
#pragma once

#include <string>

namespace adares {

// With the same id, method and digest a call gets the same answer, and nothing is done twice.
// Without an id it is one of its own.
struct RequestKey {
  std::string id;
  std::string method;
  std::string digest;  // of all that the call says
};

}  // namespace adares
