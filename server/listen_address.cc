#include "server/listen_address.h"

#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace adares {
namespace {

// The longest path that fits into sockaddr_un, with its ending zero.
constexpr size_t kMaxUnixPath = 107;
constexpr int kMaxPort = 65'535;

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace

absl::Status CheckListenAddress(const std::string& option, const std::string& address,
                                bool insecure) {
  if (address.starts_with("unix:")) {
    if (address.size() - 5 <= kMaxUnixPath) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(option, " ", address,
                                                   ": a Unix socket's path has at most ",
                                                   kMaxUnixPath, " bytes; take a shorter one"));
  }
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > kMaxPort) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " ", address, ": expected HOST:PORT or unix:PATH"));
  }
  if (insecure || IsLoopback(address.substr(0, colon))) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      option, " ", address,
      ": other machines can reach this address, and nothing on it is encrypted; add --insecure if "
      "the network is trusted, or listen on 127.0.0.1 and use an SSH tunnel"));
}

}  // namespace adares
