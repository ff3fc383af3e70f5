// A shared library that is loaded where it is first needed: each that `adares` links costs every
// command a few milliseconds. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace adares::client {

class LazyLibrary {
 public:
  // FAILED_PRECONDITION naming the Debian package, where the library is not there. It stays loaded
  // until the program ends.
  static absl::StatusOr<LazyLibrary> Open(const std::string& file, const std::string& package);

  // Sets the pointer to the library's function; false where it has none of this name.
  template <typename Function>
  bool Find(const char* name, Function** function) const {
    *function = reinterpret_cast<Function*>(Symbol(name));
    return *function != nullptr;
  }

 private:
  explicit LazyLibrary(void* handle) : handle_(handle) {}
  void* Symbol(const char* name) const;

  void* handle_;
};

}  // namespace adares::client
