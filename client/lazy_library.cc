// On dlopen.
#include "client/lazy_library.h"

#include <dlfcn.h>

#include "absl/strings/str_cat.h"
#include "client/data_errors.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {

absl::StatusOr<LazyLibrary> LazyLibrary::Open(const std::string& file, const std::string& package) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return LazyLibrary(handle);
  return WithHint(MakeError(absl::StatusCode::kFailedPrecondition, reason::kDataMissing,
                            absl::StrCat("cannot load ", file, ": ", dlerror())),
                  absl::StrCat("install it: apt-get install ", package));
}

void* LazyLibrary::Symbol(const char* name) const { return dlsym(handle_, name); }

}  // namespace adares::client
