#include "server/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

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

absl::Status CannotListen(const std::string& option, const std::string& address,
                          const std::string& why) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", option, " ", address, ": ", why,
                   "; stop the program that uses it, or take another address"));
}

// 0, or the error of the system. What this kernel has no sockets for counts as free: gRPC knows
// other ways then.
int TryToBind(const addrinfo& info) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));  // as servers do
  const int error = bind(fd, info.ai_addr, info.ai_addrlen) == 0 ? 0 : errno;
  close(fd);
  return error;
}

// A socket that is there is replaced.
absl::Status CheckSocketFolder(const std::string& option, const std::string& address) {
  const auto folder = std::filesystem::path(address.substr(5)).parent_path();
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot listen on ", option, " ", address,
                                             ": there is no folder ", folder.string(),
                                             "; make it, or take another address"));
}

}  // namespace

absl::Status CheckCanListen(const std::string& option, const std::string& address) {
  if (address.starts_with("unix:")) return CheckSocketFolder(option, address);
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
  if (failure != 0) return CannotListen(option, address, gai_strerror(failure));
  // Servers are content with one address of several.
  int error = 0;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    error = TryToBind(*info);
    if (error == 0) break;
  }
  freeaddrinfo(found);
  return error == 0 ? absl::OkStatus() : CannotListen(option, address, std::strerror(error));
}

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
